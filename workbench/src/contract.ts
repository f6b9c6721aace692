/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

export interface Contract {
  [k: string]: unknown;
}
/**
 * The whole course as the course panel shows it.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "Catalog".
 */
export interface Catalog {
  title: Text;
  chapters: Chapter[];
  /**
   * What Continue opens; none when all is done.
   */
  next_lesson: string | null;
  /**
   * What went wrong and was repaired on the way.
   */
  notices: ErrorMessage[];
}
/**
 * A sentence in both languages of the course.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "Text".
 */
export interface Text {
  zh: string;
  en: string;
}
/**
 * A chapter in the catalog.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "Chapter".
 */
export interface Chapter {
  chapter: string;
  number: string;
  title: Text;
  lessons: Lesson[];
}
/**
 * A lesson in the catalog.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "Lesson".
 */
export interface Lesson {
  lesson: string;
  /**
   * Chapter and lesson number as shown, for example `2.1`.
   */
  number: string;
  title: Text;
  objectives: Objectives;
  minutes: number;
  device: "cpu" | "gpu" | "any";
  requires: string[];
  state: "new" | "started" | "done";
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
 * What the learner will be able to do, one sentence an entry.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "Objectives".
 */
export interface Objectives {
  zh: string[];
  en: string[];
}
/**
 * An exercise of a lesson, with the learner's progress.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "Exercise".
 */
export interface Exercise {
  exercise: string;
  title: Text;
  points: number;
  progress: ExerciseProgress;
}
/**
 * How far one exercise is.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "ExerciseProgress".
 *
 * This interface was referenced by `undefined`'s JSON-Schema definition
 * via the `patternProperty` "^[a-z][a-z0-9_]*$".
 */
export interface ExerciseProgress {
  state: "untried" | "failed" | "passed";
  attempts: number;
  hint: Text | null;
}
/**
 * The body of every failed request.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "ErrorMessage".
 */
export interface ErrorMessage {
  message: string;
  hint: string;
}
/**
 * One chapter in `notebooks/course.json`.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "ChapterMetadata".
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
 * One place in which the output of a cell is not as its reference.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "CheckDifference".
 */
export interface CheckDifference {
  kind: "text" | "number" | "structure" | "picture" | "value" | "error" | "missing" | "extra" | "unreadable";
  /**
   * A stream, a MIME type, or `error`.
   */
  output: string;
  message: string;
  /**
   * Of a text, counted from 1.
   */
  line: number | null;
  /**
   * Of a table, counted from 1, heads included.
   */
  row: number | null;
  /**
   * Of a table, counted from 1, heads included.
   */
  column: number | null;
  /**
   * A metric, a trait, or a place in JSON.
   */
  name: string;
  expected: string;
  found: string;
  /**
   * (found - expected) / expected.
   */
  deviation: number | null;
  /**
   * Of pictures: 1 for the same.
   */
  likeness: number | null;
  /**
   * As a `data:` address.
   */
  expected_picture: string | null;
  found_picture: string | null;
  difference_picture: string | null;
}
/**
 * How one code cell fared in a check.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "CheckedCell".
 */
export interface CheckedCell {
  cell: string;
  outcome: "compared" | "not_compared" | "unchecked" | "differs" | "raised" | "not_run";
  /**
   * In a check of a learner's copy also `changed` or `exercise`.
   */
  reason: string;
  /**
   * Whether it has an output, stored or new.
   */
  has_output: boolean;
  duration_s: number | null;
  differences: CheckDifference[];
  /**
   * What an error that was not expected printed.
   */
  traceback: string;
}
/**
 * The file `notebooks/course.json`.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "CourseMetadata".
 */
export interface CourseMetadata {
  schema_version: number;
  title: Text;
  chapters: ChapterMetadata[];
}
/**
 * Everything the doctor found, the broken first.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "DoctorReport".
 */
export interface DoctorReport {
  findings: Finding[];
  summary: Text;
  created_at: string;
}
/**
 * One thing the doctor looked at.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "Finding".
 */
export interface Finding {
  /**
   * A name without spaces, for example `onednn`.
   */
  check: string;
  title: Text;
  state: "ok" | "warning" | "broken";
  detail: string;
  /**
   * The exact command that fixes it; empty when ok.
   */
  repair: string;
}
/**
 * One attempt, as the notebook tells it to the server.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "ExerciseReport".
 */
export interface ExerciseReport {
  exercise: string;
  passed: boolean;
  message: Text;
}
/**
 * What a check of an exercise found; also the MIME bundle shown under the cell.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "ExerciseResult".
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
   * Given from the third failed attempt.
   */
  solution: string | null;
}
/**
 * What a running kernel says of itself for the status bar.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "KernelReport".
 */
export interface KernelReport {
  /**
   * Version of Paddle; none if it is not installed.
   */
  paddle: string | null;
  /**
   * `cpu` or `gpu:0`; none until Paddle is imported.
   */
  device: string | null;
  python: string;
  /**
   * Whether it was forked from a process that had imported the stack.
   */
  warm: boolean;
}
/**
 * What the fork server of warm kernels says of itself, as in its file `status.json`.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "KernelServerStatus".
 */
export interface KernelServerStatus {
  schema_version: number;
  /**
   * `ready` takes requests; `retired` only waits for its kernels to end; `unfit` found that a fork is not safe here; `ended` is a process that is gone.
   */
  state: "preloading" | "ready" | "retired" | "unfit" | "ended";
  pid: number;
  /**
   * Seconds since the epoch.
   */
  started_at: number;
  preloads: Preload[];
  /**
   * Modules that are not imported yet.
   */
  waiting: string[];
  /**
   * Why it starts no kernels; empty if it does.
   */
  problem: string;
  /**
   * A digest of the packages it has imported.
   */
  environment: string;
  kernels: number;
  spares: number;
  /**
   * Kernels that it has started so far.
   */
  launched: number;
}
/**
 * One import of the fork server.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "Preload".
 */
export interface Preload {
  module: string;
  seconds: number;
  /**
   * Why it was left out; empty if it was not.
   */
  problem: string;
}
/**
 * A check of a learner's working copy: how far it is, and what it found.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "LessonCheck".
 */
export interface LessonCheck {
  path: string;
  lesson: string;
  state: "running" | "done" | "cancelled" | "failed";
  cells_done: number;
  cells_total: number;
  cells: CheckedCell[];
  error: ErrorMessage | null;
}
/**
 * Which notebook to check, as the contents API names it.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "LessonCheckRequest".
 */
export interface LessonCheckRequest {
  path: string;
}
/**
 * A notebook's metadata under `paddle_workbench`.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "LessonMetadata".
 */
export interface LessonMetadata {
  schema_version: number;
  lesson: string;
  title: Text;
  objectives: Objectives;
  minutes: number;
  device: "cpu" | "gpu" | "any";
  requires: string[];
  /**
   * The claims of the article that the lesson tests.
   */
  article: string[];
}
/**
 * One lesson in `progress.json`.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "LessonProgress".
 *
 * This interface was referenced by `undefined`'s JSON-Schema definition
 * via the `patternProperty` "^[a-z][a-z0-9_]*\/[a-z][a-z0-9_]*$".
 */
export interface LessonProgress {
  state: "new" | "started" | "done";
  opened_at: string | null;
  done_at: string | null;
  exercises: {
    [k: string]: ExerciseProgress;
  };
}
/**
 * Which lesson, in which language.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "LessonRequest".
 */
export interface LessonRequest {
  lesson: string;
  language: "zh" | "en";
}
/**
 * The learner's working copy.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "OpenedLesson".
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
 * One parameter of a notebook, read from its `parameters` cell.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "Parameter".
 */
export interface Parameter {
  name: string;
  type: "int" | "float" | "bool" | "str" | "list" | "dict" | "none";
  default: unknown;
  help: string;
}
/**
 * A saved program, ready to be drawn.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "ProgramPicture".
 */
export interface ProgramPicture {
  path: string;
  /**
   * pir, pdmodel, onnx or capture.
   */
  format: string;
  version: string;
  /**
   * What `program.model.columns` writes, in base64.
   */
  columns: string;
}
/**
 * A saved program to show.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "ProgramRequest".
 */
export interface ProgramRequest {
  /**
   * As the contents API names it.
   */
  path: string;
}
/**
 * The file `progress.json`.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "Progress".
 */
export interface Progress {
  schema_version: number;
  last_lesson: string | null;
  lessons: {
    [k: string]: LessonProgress;
  };
}
/**
 * A change to one lesson's progress.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "ProgressUpdate".
 */
export interface ProgressUpdate {
  lesson: string;
  state: ("new" | "started" | "done") | null;
  exercise: ExerciseReport | null;
}
/**
 * What is needed to verify and repeat a run.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "Provenance".
 */
export interface Provenance {
  notebook: string;
  notebook_sha256: string;
  lock_sha256: string | null;
  git_commit: string | null;
  git_dirty: boolean | null;
  versions: {
    [k: string]: string;
  };
  python: string;
  platform: string;
  processor: string;
  device: string;
  threads: number;
}
/**
 * A fresh working copy, and where the old one went.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "ResetLesson".
 */
export interface ResetLesson {
  lesson: string;
  path: string;
  /**
   * The old copy; none if there was nothing to keep.
   */
  kept: string | null;
}
/**
 * One line of `events.jsonl`.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "RunEvent".
 */
export interface RunEvent {
  time: string;
  event: "queued" | "started" | "cell_started" | "cell_finished" | "finished";
  cell: string | null;
  index: number | null;
  duration_s: number | null;
  state: ("queued" | "running" | "succeeded" | "failed" | "cancelled" | "timed_out" | "lost") | null;
}
/**
 * The file `run.json` of a run folder.
 *
 * This interface was referenced by `Contract`'s JSON-Schema
 * via the `definition` "RunRecord".
 */
export interface RunRecord {
  schema_version: number;
  id: string;
  notebook: string;
  state: "queued" | "running" | "succeeded" | "failed" | "cancelled" | "timed_out" | "lost";
  parameters: {
    [k: string]: unknown;
  };
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  timeout_s: number | null;
  attempt: number;
  process_id: number | null;
  cells_done: number;
  cells_total: number;
  metrics: {
    [k: string]: unknown;
  };
  error: ErrorMessage | null;
  failed_cell: string | null;
  provenance: Provenance | null;
}
