/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

/**
 * One place in which the output of a cell is not as its reference.
 */
export interface CheckDifference {
  kind:
    | 'text'
    | 'number'
    | 'structure'
    | 'picture'
    | 'value'
    | 'error'
    | 'missing'
    | 'extra'
    | 'unreadable';
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
 */
export interface CheckedCell {
  cell: string;
  outcome:
    | 'compared'
    | 'not_compared'
    | 'unchecked'
    | 'differs'
    | 'raised'
    | 'not_run';
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
   * What its outputs were not held to.
   */
  ignored: IgnoredNoise[];
  /**
   * What an error that was not expected printed.
   */
  traceback: string;
}

/**
 * How often an output shows something that was not compared, because it is noise.
 */
export interface IgnoredNoise {
  /**
   * `custom` is a pattern of the user's own, given to nbval.
   */
  kind:
    | 'address'
    | 'date'
    | 'duration'
    | 'log_line'
    | 'path'
    | 'progress'
    | 'uuid'
    | 'custom';
  /**
   * In the reference or in the new output, whichever has more.
   */
  count: number;
}

/**
 * What a check of a learner's working copy found.
 */
export interface LessonCheck {
  path: string;
  lesson: string;
  cells: CheckedCell[];
}

/**
 * Which notebook to check, as the contents API names it.
 */
export interface LessonCheckRequest {
  path: string;
}
