/** Draws the HTML page of a bundle, which `export/page.py` writes. */
import { readPage } from './bundle/page-blocks';
import { PageView } from './bundle/page-view';
import chinese from './bundle-page.zh.json';

const root = document.getElementById('pw-root');
if (root !== null) {
  new PageView(readPage(), chinese, root).start();
}
