/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { Parameter, ResumedFrom } from './runs';

/**
 * The notebook of a run, with its outputs.
 */
export interface OpenedRun {
  /**
   * Its path in the contents API.
   */
  path: string;
}

/**
 * Where a run can be resumed.
 */
export interface ResumeForm {
  /**
   * The id of the cell at which it ended.
   */
  cell: string | null;
  /**
   * Why all cells would run again, as a clause; empty if its state is kept.
   */
  reason: string;
  /**
   * The cells where it can continue, in order.
   */
  points: ResumePoint[];
}

/**
 * A cell before which the state of a run is kept.
 */
export interface ResumePoint {
  cell: string;
  /**
   * Its first line.
   */
  code: string;
}

/**
 * A run to resume.
 */
export interface ResumeRequest {
  id: string;
  /**
   * The id of the first cell to run; by default the one at which it ended.
   */
  cell: string | null;
  /**
   * The notebook as it is in the editor; by default the file.
   */
  content: {
    [k: string]: unknown;
  } | null;
}

/**
 * The form for the parameters of a notebook.
 */
export interface RunForm {
  path: string;
  parameters: Parameter[];
  kernel: string | null;
  /**
   * The kernels that are installed.
   */
  kernels: string[];
  /**
   * Where it can run.
   */
  backends: ('local' | 'ray')[];
  /**
   * The address of the Ray cluster if none is given.
   */
  address: string;
  /**
   * Whether a cell calls `record`.
   */
  records_metrics: boolean;
  expected_s: number | null;
  /**
   * How to declare parameters, if there are none.
   */
  hint: string;
}

/**
 * The notebook for which a form is wanted.
 */
export interface RunFormRequest {
  /**
   * Its path in the contents API.
   */
  path: string;
  /**
   * The notebook as it is in the editor; by default the file.
   */
  content: {
    [k: string]: unknown;
  } | null;
}

/**
 * Runs to cancel, delete, restore, repeat or compare.
 */
export interface RunIds {
  /**
   * @maxItems 10000
   */
  ids: string[];
  /**
   * Repeat them though their notebook has changed.
   */
  anyway: boolean;
}

/**
 * Runs to start: one, or one for each combination of a sweep.
 */
export interface RunRequest {
  /**
   * Its path in the contents API.
   */
  path: string;
  /**
   * The notebook as it is in the editor; by default the file.
   */
  content: {
    [k: string]: unknown;
  } | null;
  /**
   * Texts by the names of parameters, as on the command line.
   */
  values: {
    [k: string]: string;
  };
  /**
   * Values separated by commas, by the names of parameters.
   */
  sweep: {
    [k: string]: string;
  };
  /**
   * How many combinations are drawn at random.
   */
  samples: number | null;
  kernel: string | null;
  timeout_s: number | null;
  cell_timeout_s: number | null;
  retries: number;
  /**
   * Whether the kernel keeps snapshots to resume from.
   */
  snapshots: boolean;
  backend: 'local' | 'ray';
  /**
   * The address of the Ray cluster; by default that in RAY_ADDRESS.
   */
  address: string | null;
  /**
   * Check the request and count the runs.
   */
  only_count: boolean;
}

/**
 * The runs that a request has started, or would start.
 */
export interface StartedRuns {
  ids: string[];
  count: number;
  group: string | null;
  warnings: string[];
  resumed_from: ResumedFrom | null;
}
