import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { screen, waitFor } from '@testing-library/dom';
import type { PageShell } from '../../contract';
import { CarriedPage } from '../carried-page';
import { BUNDLE_MIME_TYPE } from '../tokens';

const OUTPUT = {
  schema_version: 1,
  page: { record: { name: 'sentiment' } },
  model: 'TU9ERUw=',
  samples: ''
};
const SHELL: PageShell = {
  schema_version: 1,
  document: '<main>page</main>',
  runtime: 'AGFzbQ=='
};

describe('the page that an output carries', () => {
  let page: CarriedPage;
  let loadShell: jest.Mock<Promise<PageShell>>;

  const show = async (output: unknown, trusted = true): Promise<void> => {
    const data = { [BUNDLE_MIME_TYPE]: output };
    await page.renderModel({
      data,
      trusted
    } as unknown as IRenderMime.IMimeModel);
  };
  const frame = (): HTMLIFrameElement | null =>
    page.node.querySelector('iframe');

  beforeEach(() => {
    loadShell = jest.fn(() => Promise.resolve(SHELL));
    page = new CarriedPage({
      connection: {
        serverSettings: ServerConnection.makeSettings(),
        trans: nullTranslator.load('paddle_workbench')
      },
      loadShell
    });
    Widget.attach(page, document.body);
  });

  afterEach(() => {
    page.dispose();
  });

  it('runs in a frame that cannot reach JupyterLab, and gets its parts', async () => {
    await show(OUTPUT);
    expect(frame()?.getAttribute('sandbox')).toBe('allow-scripts');
    expect(frame()?.srcdoc).toBe(SHELL.document);
    const source = frame()?.contentWindow ?? window;
    const answers: unknown[] = [];
    jest
      .spyOn(source, 'postMessage')
      .mockImplementation(answer => answers.push(answer));
    for (const name of ['pw-page', 'pw-model', 'pw-runtime', 'pw-samples']) {
      const data = { workbench: 'block', name };
      window.dispatchEvent(new MessageEvent('message', { data, source }));
    }
    expect(answers).toEqual([
      {
        content: JSON.stringify(OUTPUT.page),
        name: 'pw-page',
        workbench: 'block'
      },
      { content: OUTPUT.model, name: 'pw-model', workbench: 'block' },
      { content: SHELL.runtime, name: 'pw-runtime', workbench: 'block' },
      { content: '', name: 'pw-samples', workbench: 'block' }
    ]);
  });

  it('waits for the reader if the notebook is not trusted', async () => {
    await show(OUTPUT, false);
    const button = await screen.findByRole('button', {
      name: 'Run the network'
    });
    expect(loadShell).not.toHaveBeenCalled();
    button.click();
    await waitFor(() => {
      expect(frame()).not.toBeNull();
    });
  });

  it.each([
    null,
    [],
    {},
    { ...OUTPUT, model: 1 },
    { ...OUTPUT, schema_version: 9 }
  ])('is not run if another version made it: %j', async output => {
    await show(output);
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('another version');
    expect(alert.textContent).toContain('run the cells up to this one');
    expect(frame()).toBeNull();
  });

  it('says that the server does not answer, and tries again', async () => {
    loadShell.mockRejectedValueOnce(new Error('The server is away.'));
    await show(OUTPUT);
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('The server is away.');
    screen.getByRole('button', { name: 'Retry' }).click();
    await waitFor(() => {
      expect(frame()).not.toBeNull();
    });
  });

  it('takes the focus back from its frame on a click next to it', async () => {
    await show(OUTPUT);
    frame()?.focus();
    expect(document.activeElement).toBe(frame());
    document.body.dispatchEvent(new Event('pointerdown', { bubbles: true }));
    expect(document.activeElement).toBe(document.body);
  });
});
