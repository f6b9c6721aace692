import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ITranslator } from '@jupyterlab/translation';
import { TRANSLATION_DOMAIN } from '../language';
import { LessonBarExtension } from './lesson-bar-extension';
import { addLessonCommands } from './lesson-commands';
import { LessonPanel } from './lesson-panel';
import { ICourse } from './tokens';

const PANEL_RANK = 550;

/**
 * The bar over a lesson's notebook, and the lesson in the right sidebar.
 */
export const lessonPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:lesson',
  description: 'Shows where a notebook stands in the course.',
  autoStart: true,
  requires: [ICourse, ITranslator],
  optional: [ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    context: ICourse,
    translator: ITranslator,
    restorer: ILayoutRestorer | null
  ): void => {
    const { lessons, model: course } = context;
    const { commands, docRegistry, shell } = app;
    const trans = translator.load(TRANSLATION_DOMAIN);
    const panel = new LessonPanel({ commands, course, lessons, trans });

    shell.add(panel, 'right', { rank: PANEL_RANK });
    restorer?.add(panel, panel.id);
    docRegistry.addWidgetExtension(
      'Notebook',
      new LessonBarExtension({ commands, course, trans })
    );
    addLessonCommands({
      commands,
      course,
      lessons,
      showPanel: () => {
        shell.activateById(panel.id);
      },
      trans
    });
  }
};
