/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { ErrorMessage, Text } from './model';

/**
 * The whole course as the course panel shows it.
 */
export interface Catalog {
  title: Text;
  chapters: Chapter[];
  /**
   * The lesson that Continue opens; none if all lessons are done.
   */
  next_lesson: string | null;
  /**
   * Problems that did not prevent reading the course.
   */
  notices: ErrorMessage[];
}

/**
 * A chapter in the catalog.
 */
export interface Chapter {
  chapter: string;
  number: string;
  title: Text;
  lessons: Lesson[];
}

/**
 * One chapter in `notebooks/course.json`.
 */
export interface ChapterMetadata {
  /**
   * A name without a number, for example `static_graph`.
   */
  chapter: string;
  /**
   * The folder in the course, for example `02_static_graph`.
   */
  folder: string;
  title: Text;
}

/**
 * The file `notebooks/course.json`.
 */
export interface CourseMetadata {
  schema_version: number;
  title: Text;
  chapters: ChapterMetadata[];
}

/**
 * A notice of the catalog that the learner has read.
 */
export interface DismissedNotice {
  message: string;
}

/**
 * An exercise of a lesson, with the learner's progress.
 */
export interface Exercise {
  exercise: string;
  title: Text;
  points: number;
  progress: ExerciseProgress;
}

/**
 * The learner's progress in one exercise.
 */
export interface ExerciseProgress {
  state: 'untried' | 'failed' | 'passed';
  attempts: number;
  hint: Text | null;
}

/**
 * One attempt, as the notebook reports it to the server.
 */
export interface ExerciseReport {
  exercise: string;
  passed: boolean;
  message: Text;
}

/**
 * The result of checking an exercise; also the MIME bundle under the cell.
 */
export interface ExerciseResult {
  lesson: string;
  exercise: string;
  passed: boolean;
  points: number;
  max_points: number;
  attempts: number;
  /**
   * The name of the recognised mistake.
   */
  mistake: string | null;
  message: Text;
  expected: string | null;
  found: string | null;
  /**
   * Present after the third failed attempt.
   */
  solution: string | null;
}

/**
 * A lesson in the catalog.
 */
export interface Lesson {
  lesson: string;
  /**
   * Displayed chapter and lesson number, for example `2.1`.
   */
  number: string;
  title: Text;
  objectives: Objectives;
  minutes: number;
  device: 'cpu' | 'gpu' | 'any';
  requires: string[];
  state: 'new' | 'started' | 'done';
  exercises: Exercise[];
  /**
   * Working copies that exist, relative to the root of the Jupyter server.
   */
  paths: {
    [k: string]: string;
  };
  /**
   * The course has a newer version of this lesson than the working copy.
   */
  outdated: boolean;
}

/**
 * A notebook's metadata under `paddle_workbench`.
 */
export interface LessonMetadata {
  schema_version: number;
  lesson: string;
  title: Text;
  objectives: Objectives;
  minutes: number;
  device: 'cpu' | 'gpu' | 'any';
  requires: string[];
  /**
   * The claims of the article that the lesson tests.
   */
  article: string[];
}

/**
 * One lesson in `progress.json`.
 */
export interface LessonProgress {
  state: 'new' | 'started' | 'done';
  opened_at: string | null;
  done_at: string | null;
  exercises: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[a-z][a-z0-9_]*$".
     */
    [k: string]: ExerciseProgress;
  };
}

/**
 * A lesson and a language.
 */
export interface LessonRequest {
  lesson: string;
  language: 'zh' | 'en';
}

/**
 * What the learner will be able to do, one sentence per entry.
 */
export interface Objectives {
  zh: string[];
  en: string[];
}

/**
 * The learner's working copy.
 */
export interface OpenedLesson {
  lesson: string;
  /**
   * Relative to the root of the Jupyter server, with forward slashes.
   */
  path: string;
  created: boolean;
}

/**
 * The file `progress.json`.
 */
export interface Progress {
  schema_version: number;
  last_lesson: string | null;
  lessons: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[a-z][a-z0-9_]*\/[a-z][a-z0-9_]*$".
     */
    [k: string]: LessonProgress;
  };
  notices: ErrorMessage[];
}

/**
 * A change to one lesson's progress.
 */
export interface ProgressUpdate {
  lesson: string;
  state: ('new' | 'started' | 'done') | null;
  exercise: ExerciseReport | null;
}

/**
 * A new working copy, and the backup of the old one.
 */
export interface ResetLesson {
  lesson: string;
  path: string;
  /**
   * The path of the old copy; none if there was none.
   */
  kept: string | null;
}
