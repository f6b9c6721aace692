import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';
import type { Exercise } from '../contract';
import { isLanguage } from '../language';
import { progressSign, progressText } from './progress-sign';
import type { ICourseModel, ILessonTracker } from './tokens';
import { CommandIDs } from './tokens';

interface ILessonCommandsOptions {
  commands: JupyterFrontEnd['commands'];
  course: ICourseModel;
  lessons: ILessonTracker;
  showPanel: () => void;
  trans: TranslationBundle;
}

/**
 * Register the commands about the lesson in front.
 */
export function addLessonCommands(
  options: ILessonCommandsOptions
): IDisposable {
  const { commands, course, lessons, showPanel, trans } = options;

  const exerciseOf = (args: ReadonlyPartialJSONObject): Exercise | null => {
    const name = typeof args.lesson === 'string' ? args.lesson : lessons.lesson;
    const lesson = name === null ? null : course.lesson(name);
    return (
      lesson?.exercises.find(entry => entry.exercise === args.exercise) ?? null
    );
  };

  const added = new DisposableSet();

  added.add(
    commands.addCommand(CommandIDs.openObjectives, {
      label: trans.__('Show the Lesson Panel'),
      caption: trans.__('Show objectives, exercises and recorded results'),
      execute: showPanel,
      describedBy: { args: { type: 'object', properties: {} } }
    })
  );

  added.add(
    commands.addCommand(CommandIDs.openExercise, {
      label: args => {
        const exercise = exerciseOf(args);
        if (!exercise) {
          return trans.__('Go to Exercise');
        }
        const language = isLanguage(args.language)
          ? args.language
          : course.language;
        const { state } = exercise.progress;
        return trans._p(
          'exercise',
          '%1 %2 (%3)',
          progressSign(state),
          exercise.title[language],
          progressText(state, trans)
        );
      },
      caption: trans.__('Show the cell of an exercise in the current notebook'),
      execute: async args => {
        const name = typeof args.exercise === 'string' ? args.exercise : '';
        if (!(await lessons.reveal(name))) {
          Notification.warning(
            trans.__(
              'This notebook has no cell for the exercise “%1”. Reset the lesson to get it back.',
              name
            )
          );
        }
      },
      describedBy: {
        args: {
          type: 'object',
          required: ['exercise'],
          properties: {
            exercise: {
              type: 'string',
              description: trans.__(
                'The name of the exercise: the grade_id of its cell'
              )
            },
            lesson: {
              type: 'string',
              description: trans.__(
                'The lesson that contains the exercise; by default, the current lesson'
              )
            },
            language: {
              type: 'string',
              enum: ['zh', 'en'],
              description: trans.__('The language of the lesson: zh or en')
            }
          }
        }
      }
    })
  );

  return added;
}
