import {
  RenderMimeRegistry,
  standardRendererFactories
} from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';
import { FakeServer } from '../../__tests__/fake-server';
import { CodePanel } from '../code-panel';

const page = {
  code: 'PW-X204',
  title: 'ONNX: a mean without an axis',
  language: 'en',
  markdown: '# PW-X204 ONNX\n\nName the axes.\n'
};

async function shown(panel: CodePanel, selector: string): Promise<Element> {
  for (;;) {
    const node = panel.node.querySelector(selector);
    if (node) {
      return node;
    }
    await new Promise(resolve => setTimeout(resolve, 0));
  }
}

describe('CodePanel', () => {
  it('says what failed, and shows the page after Retry', async () => {
    const server = new FakeServer();
    server.answer('GET explain', {
      status: 404,
      body: { message: 'There is no code.', hint: 'List all codes.' }
    });
    const panel = new CodePanel({
      code: 'PW-X204',
      connection: server.connection,
      language: 'en',
      rendermime: new RenderMimeRegistry({
        initialFactories: standardRendererFactories,
        markdownParser: {
          render: source =>
            Promise.resolve(`<pre>${source.replace('#', '')}</pre>`)
        }
      })
    });
    Widget.attach(panel, document.body);
    const alert = await shown(panel, '[role=alert]');
    expect(alert.textContent).toContain('There is no code.');
    server.answer('GET explain', { body: page });
    alert.querySelector('button')?.click();
    const text = await shown(panel, 'pre');
    expect(text.textContent).toContain('Name the axes.');
    expect(panel.node.querySelector('[role=alert]')).toBeNull();
    expect(panel.node.getAttribute('role')).toBe('region');
    panel.dispose();
  });
});
