import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';
import type { Lesson } from '../contract';
import { courseIcon } from '../icons';
import type { Language } from '../language';
import { isLanguage } from '../language';
import { otherLanguage } from './course-order';
import type { LessonActions } from './lesson-actions';
import type { ICourseModel, ILessonTracker } from './tokens';
import { CommandIDs } from './tokens';

interface ICourseCommandsOptions {
  actions: LessonActions;
  commands: JupyterFrontEnd['commands'];
  course: ICourseModel;
  lessons: ILessonTracker;

  /** The settings of the course; null where the application has none. */
  settings: Promise<ISettingRegistry.ISettings | null>;

  showCourse: () => void;
  trans: TranslationBundle;
}

/**
 * Register the commands of the course. Without an argument they apply to the lesson in front.
 */
export function addCourseCommands(
  options: ICourseCommandsOptions
): IDisposable {
  const { actions, commands, course, lessons, settings, trans } = options;

  const lessonArgument = {
    type: 'string',
    description: trans.__(
      'The name of the lesson, for example static_graph/to_static; by default, the current lesson'
    )
  };
  const languageArgument = {
    type: 'string',
    enum: ['zh', 'en'],
    description: trans.__('The language of the lesson: zh or en')
  };
  const noArguments = { args: { type: 'object', properties: {} } };

  const named = (args: ReadonlyPartialJSONObject): Lesson | null => {
    const name = typeof args.lesson === 'string' ? args.lesson : lessons.lesson;
    return name === null ? null : course.lesson(name);
  };
  const languageOf = (args: ReadonlyPartialJSONObject): Language | undefined =>
    isLanguage(args.language)
      ? args.language
      : ((args.lesson === undefined ? lessons.language : null) ?? undefined);
  const next = (step: 1 | -1): Lesson | null =>
    lessons.lesson ? course.neighbour(lessons.lesson, step) : null;
  const nextLesson = (): Lesson | null =>
    course.catalog?.next_lesson
      ? course.lesson(course.catalog.next_lesson)
      : null;

  const added = new DisposableSet();

  added.add(
    commands.addCommand(CommandIDs.openCourse, {
      label: args =>
        args.isLauncher === true
          ? trans.__('Course')
          : trans.__('Open the Course'),
      caption: trans.__('Show the lessons and your progress'),
      icon: args => (args.isPalette === true ? undefined : courseIcon),
      execute: options.showCourse,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            isLauncher: {
              type: 'boolean',
              description: trans.__('Whether the launcher shows the command')
            },
            isPalette: {
              type: 'boolean',
              description: trans.__('Whether the palette shows the command')
            }
          }
        }
      }
    })
  );

  added.add(
    commands.addCommand(CommandIDs.openLesson, {
      label: trans.__('Open Lesson'),
      caption: trans.__('Open your copy of a lesson'),
      isEnabled: args => named(args) !== null,
      execute: async args => {
        const lesson = named(args);
        if (lesson) {
          await actions.open(lesson.lesson, languageOf(args));
        }
      },
      describedBy: {
        args: {
          type: 'object',
          required: ['lesson'],
          properties: { lesson: lessonArgument, language: languageArgument }
        }
      }
    })
  );

  added.add(
    commands.addCommand(CommandIDs.continueCourse, {
      label: trans.__('Continue the Course'),
      caption: trans.__('Open your next lesson'),
      isEnabled: () => nextLesson() !== null,
      execute: async () => {
        const lesson = nextLesson();
        if (lesson) {
          await actions.open(lesson.lesson);
        }
      },
      describedBy: noArguments
    })
  );

  added.add(
    commands.addCommand(CommandIDs.resetLesson, {
      label: trans.__('Reset Lesson…'),
      caption: trans.__('Start the lesson over; your old copy is kept'),
      isEnabled: args => Object.keys(named(args)?.paths ?? {}).length > 0,
      execute: async args => {
        const lesson = named(args);
        if (lesson) {
          await actions.reset(lesson, languageOf(args));
        }
      },
      describedBy: {
        args: {
          type: 'object',
          properties: { lesson: lessonArgument, language: languageArgument }
        }
      }
    })
  );

  added.add(
    commands.addCommand(CommandIDs.markLessonDone, {
      label: args =>
        named(args)?.state === 'done'
          ? trans.__('Mark Lesson as Not Done')
          : trans.__('Mark Lesson as Done'),
      caption: trans.__('Change whether the lesson counts as done'),
      isEnabled: args => named(args) !== null,
      execute: async args => {
        const lesson = named(args);
        if (lesson) {
          const done =
            typeof args.done === 'boolean'
              ? args.done
              : lesson.state !== 'done';
          await actions.setDone(lesson.lesson, done);
        }
      },
      describedBy: {
        args: {
          type: 'object',
          properties: {
            lesson: lessonArgument,
            done: {
              type: 'boolean',
              description: trans.__(
                'Whether the lesson is done; by default, the opposite of its current state'
              )
            }
          }
        }
      }
    })
  );

  for (const [id, step] of [
    [CommandIDs.nextLesson, 1],
    [CommandIDs.previousLesson, -1]
  ] as const) {
    added.add(
      commands.addCommand(id, {
        label:
          step === 1 ? trans.__('Next Lesson') : trans.__('Previous Lesson'),
        caption: () => next(step)?.title[course.language] ?? '',
        isEnabled: () => next(step) !== null,
        execute: async () => {
          const lesson = next(step);
          if (lesson) {
            await actions.open(lesson.lesson, lessons.language ?? undefined);
          }
        },
        describedBy: noArguments
      })
    );
  }

  added.add(
    commands.addCommand(CommandIDs.setLanguage, {
      label: args =>
        args.language === 'zh'
          ? trans.__('Lessons in Chinese')
          : args.language === 'en'
            ? trans.__('Lessons in English')
            : trans.__('Switch the Language of Lessons'),
      caption: trans.__('Choose the language of the lessons you open'),
      isToggled: args => args.language === course.language,
      isToggleable: false,
      execute: async args => {
        const language = isLanguage(args.language)
          ? args.language
          : otherLanguage(course.language);
        course.language = language;
        await (await settings)?.set('lessonLanguage', language);
      },
      describedBy: {
        args: { type: 'object', properties: { language: languageArgument } }
      }
    })
  );

  return added;
}
