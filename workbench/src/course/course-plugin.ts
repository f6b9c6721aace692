import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator } from '@jupyterlab/translation';
import { IJobs } from '../jobs/tokens';
import { TRANSLATION_DOMAIN } from '../language';
import { translateSchema } from '../schema-translation';
import { CourseClient } from './course-client';
import { addCourseCommands } from './course-commands';
import { CourseModel } from './course-model';
import { CoursePanel } from './course-panel';
import { lessonLanguage, opensOnStart } from './course-settings';
import { ExerciseRecorder } from './exercise-recorder';
import { LessonActions } from './lesson-actions';
import { LessonTracker } from './lesson-tracker';
import { CommandIDs, ICourse } from './tokens';

const PANEL_RANK = 150;

/**
 * The course in the left sidebar, and its commands.
 */
export const coursePlugin: JupyterFrontEndPlugin<ICourse> = {
  id: 'paddle-workbench:course',
  description: 'Shows the course and the learner’s progress in it.',
  autoStart: true,
  provides: ICourse,
  requires: [IDocumentManager, IJobs, INotebookTracker, ITranslator],
  optional: [ICommandPalette, ILauncher, ILayoutRestorer, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    jobs: IJobs,
    notebooks: INotebookTracker,
    translator: ITranslator,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    registry: ISettingRegistry | null
  ): ICourse => {
    const { commands, serviceManager, shell } = app;
    const { serverSettings } = serviceManager;
    const trans = translator.load(TRANSLATION_DOMAIN);

    const model = new CourseModel({
      client: new CourseClient({ serverSettings, trans }),
      jobs,
      language: lessonLanguage(null, translator),
      trans
    });
    const lessons = new LessonTracker(notebooks);
    const actions = new LessonActions({
      course: model,
      documents,
      show: path => {
        void commands.execute('filebrowser:go-to-path', { path });
      },
      trans
    });
    const recorder = new ExerciseRecorder({
      course: model,
      onFailure: (error, retry) => {
        actions.tell(error, retry);
      }
    });
    const panel = new CoursePanel({ commands, course: model, lessons, trans });
    panel.disposed.connect(() => {
      recorder.dispose();
      lessons.dispose();
      model.dispose();
    });
    const showCourse = (): void => {
      shell.activateById(panel.id);
    };

    shell.add(panel, 'left', { rank: PANEL_RANK });
    restorer?.add(panel, panel.id);
    addPaletteAndLauncher();

    registry?.transform(coursePlugin.id, {
      fetch: plugin => ({
        ...plugin,
        schema: translateSchema(plugin.schema, trans)
      })
    });
    const settings = registry?.load(coursePlugin.id) ?? Promise.resolve(null);
    addCourseCommands({
      actions,
      commands,
      course: model,
      lessons,
      settings,
      showCourse,
      trans
    });
    model.changed.connect(() => {
      commands.notifyCommandChanged();
    });
    lessons.changed.connect(() => {
      commands.notifyCommandChanged();
    });
    void model.refresh();

    void Promise.all([settings, app.restored]).then(([loaded]) => {
      const update = (): void => {
        model.language = lessonLanguage(loaded, translator);
      };
      update();
      loaded?.changed.connect(update);
      if (opensOnStart(loaded)) {
        showCourse();
      }
    });

    return { model, lessons };

    function addPaletteAndLauncher(): void {
      const category = trans.__('Paddle Workbench');
      for (const command of [
        CommandIDs.openCourse,
        CommandIDs.continueCourse,
        CommandIDs.nextLesson,
        CommandIDs.previousLesson,
        CommandIDs.resetLesson,
        CommandIDs.markLessonDone,
        CommandIDs.setLanguage
      ]) {
        palette?.addItem({ command, category, args: { isPalette: true } });
      }
      for (const language of ['zh', 'en']) {
        palette?.addItem({
          command: CommandIDs.setLanguage,
          category,
          args: { language }
        });
      }
      launcher?.add({
        command: CommandIDs.openCourse,
        category,
        args: { isLauncher: true },
        rank: 0
      });
    }
  }
};
