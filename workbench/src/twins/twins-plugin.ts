import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator } from '@jupyterlab/translation';
import { TRANSLATION_DOMAIN } from '../language';
import { NotebookTwins } from './notebook-twins';

/**
 * Shows the static versions of widgets without a kernel.
 */
export const twinsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:twins',
  description: 'Shows the static versions of widgets without a kernel.',
  autoStart: true,
  requires: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator): void => {
    const trans = translator.load(TRANSLATION_DOMAIN);
    app.docRegistry.addWidgetExtension('Notebook', {
      createNew: (panel: NotebookPanel) => new NotebookTwins(panel, trans)
    });
  }
};
