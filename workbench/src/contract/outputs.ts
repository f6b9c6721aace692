/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

/**
 * A cell that was run by a page that was closed, or lost for a while.
 */
export interface MissedCell {
  /**
   * Identifies this execution of the cell.
   */
  run: string;
  /**
   * The id of the cell.
   */
  cell: string;
  /**
   * What was executed.
   */
  source: string;
  state: 'queued' | 'running' | 'finished';
  /**
   * None until the kernel begins with it.
   */
  execution_count: number | null;
  /**
   * The outputs so far, as in a notebook file.
   */
  outputs: {
    [k: string]: unknown;
  }[];
  /**
   * Whether the page that asks ran it, and was lost meanwhile.
   */
  is_own: boolean;
}

/**
 * What a page has missed, in the order of execution.
 */
export interface MissedOutputs {
  cells: MissedCell[];
  /**
   * The `after` of the next request.
   */
  version: number;
  /**
   * Whether a missed cell still runs, so more will come.
   */
  is_running: boolean;
  /**
   * Whether a cell runs for another page, which is open or not yet found lost.
   */
  is_waiting: boolean;
}

/**
 * A page has saved the outputs of a kernel.
 */
export interface ReceivedOutputs {
  kernel: string;
  /**
   * The connection by which the page runs cells.
   */
  page: string;
  /**
   * Those that it missed before, and has saved now.
   *
   * @maxItems 10000
   */
  runs: string[];
}
