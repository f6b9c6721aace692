import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator } from '@jupyterlab/translation';
import type { PageShell } from '../contract';
import { TRANSLATION_DOMAIN } from '../language';
import { request } from '../request';
import { CarriedPage } from './carried-page';
import { NotebookTwins } from './notebook-twins';
import { BUNDLE_MIME_TYPE } from './tokens';

/** After the renderer of ipywidgets, which is not safe, and before that of HTML. */
const RANK = 20;

/**
 * Shows the static versions of widgets without a kernel, and the pages of bundles in outputs.
 */
export const twinsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:twins',
  description:
    'Shows the static versions of widgets without a kernel, and runs the networks that outputs carry.',
  autoStart: true,
  requires: [IRenderMimeRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator
  ): void => {
    const trans = translator.load(TRANSLATION_DOMAIN);
    const { serverSettings } = app.serviceManager;
    const connection = { serverSettings, trans };
    let shell: Promise<PageShell> | undefined;
    const loadShell = (): Promise<PageShell> => {
      shell ??= request<PageShell>(connection, 'export/page').catch(
        (error: unknown) => {
          shell = undefined;
          throw error;
        }
      );
      return shell;
    };
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [BUNDLE_MIME_TYPE],
        createRenderer: () => new CarriedPage({ connection, loadShell })
      },
      RANK
    );
    app.docRegistry.addWidgetExtension('Notebook', {
      createNew: (panel: NotebookPanel) => new NotebookTwins(panel, trans)
    });
  }
};
