import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator } from '@jupyterlab/translation';
import { TRANSLATION_DOMAIN } from '../language';

/**
 * Brings back the outputs of cells that ran while their page was closed.
 */
export const returnedOutputsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:returned-outputs',
  description:
    'Brings back the outputs of cells that ran while their page was closed.',
  autoStart: true,
  requires: [ITranslator],
  activate: async (
    app: JupyterFrontEnd,
    translator: ITranslator
  ): Promise<void> => {
    const { ReturnedOutputs } = await import('./returned-outputs');
    const connection = {
      serverSettings: app.serviceManager.serverSettings,
      trans: translator.load(TRANSLATION_DOMAIN)
    };
    app.docRegistry.addWidgetExtension('Notebook', {
      createNew: (panel: NotebookPanel) =>
        new ReturnedOutputs(panel, connection)
    });
  }
};
