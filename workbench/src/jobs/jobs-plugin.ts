import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator } from '@jupyterlab/translation';
import { TRANSLATION_DOMAIN } from '../language';
import { IJobs } from './tokens';

/**
 * Follows the background work of the server.
 */
export const jobsPlugin: JupyterFrontEndPlugin<IJobs> = {
  id: 'paddle-workbench:jobs',
  description: 'Follows the background work of the server.',
  provides: IJobs,
  requires: [ITranslator],
  activate: async (
    app: JupyterFrontEnd,
    translator: ITranslator
  ): Promise<IJobs> => {
    const { Jobs } = await import('./jobs');
    return new Jobs({
      serverSettings: app.serviceManager.serverSettings,
      trans: translator.load(TRANSLATION_DOMAIN)
    });
  }
};
