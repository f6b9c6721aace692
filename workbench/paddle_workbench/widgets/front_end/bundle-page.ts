/** Draws the HTML page of a bundle, in a file of its own or in a frame (`export/page_document.py`). */
import type { PageMessage } from '../../../src/page-frame';
import { WidgetTranslation } from './base/translation';
import { readPage } from './bundle/page-blocks';
import { PageView } from './bundle/page-view';
import chinese from './bundle-page.zh.json';

const root = document.getElementById('pw-root');
if (root !== null) {
  const { parent } = window;
  if (parent !== window) {
    new ResizeObserver(() => {
      const { height } = root.getBoundingClientRect();
      parent.postMessage(
        { workbench: 'height', height } satisfies PageMessage,
        '*'
      );
    }).observe(root);
  }
  readPage()
    .then(page => {
      new PageView(page, chinese, root).start();
    })
    .catch((error: unknown) => {
      const isChinese = navigator.language.startsWith('zh');
      const trans = new WidgetTranslation(isChinese ? 'zh' : 'en', chinese);
      root.className = 'pw-Widget pw-Widget-failure';
      root.setAttribute('role', 'alert');
      root.textContent = trans.__(
        'The page cannot be shown: %1',
        error instanceof Error ? error.message : String(error)
      );
    });
}
