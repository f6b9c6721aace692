import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator } from '@jupyterlab/translation';
import { interfaceLanguage, TRANSLATION_DOMAIN } from '../language';
import { EXERCISE_MIME_TYPE } from './exercise-result';
import { ExerciseResultRenderer } from './exercise-result-renderer';
import { METRIC_MIME_TYPE } from './metric';
import { MetricRenderer } from './metric-renderer';

/** Before plain text, which the same outputs contain for other programs. */
const RANK = 50;

/**
 * Renders exercise results and recorded metrics.
 */
export const resultsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:results',
  description: 'Renders exercise results and recorded metrics.',
  autoStart: true,
  requires: [IRenderMimeRegistry, ITranslator],
  activate: (
    _: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator
  ): void => {
    const trans = translator.load(TRANSLATION_DOMAIN);
    const language = interfaceLanguage(translator);
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [EXERCISE_MIME_TYPE],
        createRenderer: () => new ExerciseResultRenderer({ language, trans })
      },
      RANK
    );
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [METRIC_MIME_TYPE],
        createRenderer: () => new MetricRenderer()
      },
      RANK
    );
  }
};
