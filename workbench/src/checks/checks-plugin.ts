import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator } from '@jupyterlab/translation';
import { CommandIDs, ICourse } from '../course/tokens';
import { IJobs } from '../jobs/tokens';
import { interfaceLanguage, TRANSLATION_DOMAIN } from '../language';
import { CheckModel } from './check-model';
import { CheckPanel } from './check-panel';
import { revealCell } from './reveal-cell';

const PANEL_RANK = 560;

/**
 * Checks the lesson in front against the course.
 */
export const checksPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:checks',
  description: 'Compares a learner’s notebook with its lesson.',
  autoStart: true,
  requires: [ICourse, IJobs, INotebookTracker, ITranslator],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    course: ICourse,
    jobs: IJobs,
    notebooks: INotebookTracker,
    translator: ITranslator,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const { commands, shell } = app;
    const { lessons } = course;
    const trans = translator.load(TRANSLATION_DOMAIN);
    const model = new CheckModel({ jobs, lessons, trans });
    const panel = new CheckPanel({
      language: interfaceLanguage(translator),
      model,
      onCheck: () => {
        void commands.execute(CommandIDs.checkLesson);
      },
      onReveal: (path, cell) => {
        void revealCell(notebooks, path, cell).then(isShown => {
          if (!isShown) {
            Notification.warning(
              trans.__(
                'Cell “%1” is not visible. Open the notebook you checked.',
                cell
              )
            );
          }
        });
      },
      trans
    });

    shell.add(panel, 'right', { rank: PANEL_RANK });
    restorer?.add(panel, panel.id);

    commands.addCommand(CommandIDs.checkLesson, {
      label: trans.__('Check This Lesson'),
      caption: trans.__(
        'Run a copy of the notebook and compare it with the lesson'
      ),
      isEnabled: () => lessons.lesson !== null,
      execute: async () => {
        const notebook = notebooks.currentWidget;
        if (!notebook || lessons.lesson === null) {
          return;
        }
        shell.activateById(panel.id);
        // The server checks what is on the disk.
        await notebook.context.save();
        await model.start(notebook.context.path);
      },
      describedBy: { args: { type: 'object', properties: {} } }
    });
    lessons.changed.connect(() => {
      commands.notifyCommandChanged(CommandIDs.checkLesson);
    });
    palette?.addItem({
      command: CommandIDs.checkLesson,
      category: trans.__('Paddle Workbench')
    });
  }
};
