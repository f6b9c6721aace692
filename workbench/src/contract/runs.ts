/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { ErrorMessage } from './model';

/**
 * One parameter of a notebook, read from its `parameters` cell.
 */
export interface Parameter {
  name: string;
  type: 'int' | 'float' | 'bool' | 'str' | 'list' | 'dict' | 'none';
  default: unknown;
  help: string;
}

/**
 * What is needed to verify and repeat a run.
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
 * One line of `events.jsonl`.
 */
export interface RunEvent {
  time: string;
  event: 'queued' | 'started' | 'cell_started' | 'cell_finished' | 'finished';
  cell: string | null;
  index: number | null;
  duration_s: number | null;
  state:
    | (
        | 'queued'
        | 'running'
        | 'succeeded'
        | 'failed'
        | 'cancelled'
        | 'timed_out'
        | 'lost'
      )
    | null;
}

/**
 * The file `run.json` of a run folder.
 */
export interface RunRecord {
  schema_version: number;
  id: string;
  notebook: string;
  state:
    | 'queued'
    | 'running'
    | 'succeeded'
    | 'failed'
    | 'cancelled'
    | 'timed_out'
    | 'lost';
  /**
   * The kernel that it runs in.
   */
  kernel: string | null;
  /**
   * Numbers that JSON cannot hold are texts: `inf`, `-inf`, `nan`.
   */
  parameters: {
    [k: string]: unknown;
  };
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  timeout_s: number | null;
  attempt: number;
  process_id: number | null;
  process_started_at: string | null;
  cells_done: number;
  cells_total: number;
  metrics: {
    [k: string]: unknown;
  };
  error: ErrorMessage | null;
  failed_cell: string | null;
  provenance: Provenance | null;
}
