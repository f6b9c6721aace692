/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

/**
 * One difference between the output of a cell and its reference.
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
   * The line in a text, from 1.
   */
  line: number | null;
  /**
   * The row of a table, from 1, including headings.
   */
  row: number | null;
  /**
   * The column of a table, from 1, including headings.
   */
  column: number | null;
  /**
   * A metric, a trait, or a path in JSON.
   */
  name: string;
  expected: string;
  found: string;
  /**
   * (found - expected) / expected.
   */
  deviation: number | null;
  /**
   * Likeness of pictures; 1 if they are equal.
   */
  likeness: number | null;
  /**
   * A `data:` URL.
   */
  expected_picture: string | null;
  found_picture: string | null;
  difference_picture: string | null;
}

/**
 * The result of checking one code cell.
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
   * In a check of a working copy also `changed` or `exercise`.
   */
  reason: string;
  /**
   * Whether the cell has a stored or a new output.
   */
  has_output: boolean;
  duration_s: number | null;
  differences: CheckDifference[];
  /**
   * What its outputs were not held to.
   */
  ignored: IgnoredNoise[];
  /**
   * The traceback of an unexpected error.
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
 * The result of checking a learner's working copy.
 */
export interface LessonCheck {
  path: string;
  lesson: string;
  cells: CheckedCell[];
  /**
   * Mistakes in the code, found without running it.
   */
  findings: StructuralFinding[];
}

/**
 * A notebook to check.
 */
export interface LessonCheckRequest {
  /**
   * Its path in the contents API.
   */
  path: string;
}

/**
 * Something that a notebook must not contain, found without running it.
 */
export interface StructuralFinding {
  rule: string;
  message: string;
  cell: string | null;
  /**
   * In the cell, from 1.
   */
  line: number | null;
  /**
   * Of the page that explains it, if there is one.
   */
  code: string;
}
