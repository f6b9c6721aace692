import { Token } from '@lumino/coreutils';
import type { IObservableDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import type {
  Catalog,
  ErrorMessage,
  ExerciseResult,
  Lesson,
  OpenedLesson,
  ResetLesson
} from '../contract';
import type { IFailure } from '../failure';
import type { Language } from '../language';
import type { IMetric } from './metric';

/**
 * The commands of the course.
 */
export namespace CommandIDs {
  /** Offered by the lesson bar, registered by the checks. */
  export const checkLesson = 'paddle-workbench:check-lesson';
  export const openCourse = 'paddle-workbench:open-course';
  export const openLesson = 'paddle-workbench:open-lesson';
  export const continueCourse = 'paddle-workbench:continue';
  export const resetLesson = 'paddle-workbench:reset-lesson';
  export const markLessonDone = 'paddle-workbench:mark-lesson-done';
  export const nextLesson = 'paddle-workbench:next-lesson';
  export const previousLesson = 'paddle-workbench:previous-lesson';
  export const setLanguage = 'paddle-workbench:set-language';
  export const openObjectives = 'paddle-workbench:open-objectives';
  export const openExercise = 'paddle-workbench:open-exercise';
}

/**
 * The course and the learner's progress, as last received from the server.
 */
export interface ICourseModel extends IObservableDisposable {
  /** Emitted when anything below changed. */
  readonly changed: ISignal<ICourseModel, void>;

  /** The course; null until it was loaded for the first time. */
  readonly catalog: Catalog | null;

  /** Why the course could not be read; null if the last request succeeded. */
  readonly failure: IFailure | null;

  /** Whether a request for the catalog is under way. */
  readonly isLoading: boolean;

  /** The lesson that is being opened. */
  readonly opening: string | null;

  /** The language of lessons that are opened from now on. */
  language: Language;

  /** What the server repaired on the way and the learner has not dismissed. */
  readonly notices: readonly ErrorMessage[];

  /** Find a lesson by its name. */
  lesson(name: string): Lesson | null;

  /** The next or previous lesson. */
  neighbour(name: string, step: 1 | -1): Lesson | null;

  /** Ask the server again. */
  refresh(): Promise<void>;

  /** Stop showing a notice. */
  dismiss(notice: ErrorMessage): void;

  /** Make or find the learner's working copy. */
  open(lesson: string, language: Language): Promise<OpenedLesson>;

  /** Replace the working copy with a fresh one; the old one is kept. */
  reset(lesson: string, language: Language): Promise<ResetLesson>;

  /** Mark a lesson as done or not done. */
  setDone(lesson: string, done: boolean): Promise<void>;

  /** Record an attempt at an exercise. */
  record(result: ExerciseResult): Promise<void>;
}

/**
 * The lesson of the notebook in front.
 */
export interface ILessonTracker extends IObservableDisposable {
  /** Emitted when another lesson is in front, or it recorded something. */
  readonly changed: ISignal<ILessonTracker, void>;

  /** The name of the lesson; null if the notebook in front is not a lesson. */
  readonly lesson: string | null;

  /** The path of the notebook in front; null if it is not a lesson. */
  readonly path: string | null;

  /** The language of the notebook in front, if its metadata has one. */
  readonly language: Language | null;

  /** The metrics of the notebook in front, the last value of each name. */
  readonly metrics: readonly IMetric[];

  /** Show the cell of an exercise; false if the notebook does not have it. */
  reveal(exercise: string): Promise<boolean>;
}

/**
 * The course, and the lesson of it that is in front.
 */
export interface ICourse {
  readonly model: ICourseModel;
  readonly lessons: ILessonTracker;
}

/**
 * The token of the course.
 */
export const ICourse = new Token<ICourse>(
  'paddle-workbench:ICourse',
  'The course, the learner’s progress, and the lesson in front.'
);
