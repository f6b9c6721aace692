/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { ErrorMessage } from './model';

/**
 * A metric of a run (`after`) and of the run that it repeats; null if one lacks it.
 */
export interface MetricAgreement {
  name: string;
  before: unknown;
  after: unknown;
  agrees: boolean;
  /**
   * By the larger of both; null unless both are numbers.
   */
  relative_difference: number | null;
}

/**
 * A metric over runs that differ only in their seeds.
 */
export interface MetricSummary {
  /**
   * The number of runs that recorded it as a number.
   */
  n: number;
  mean: number;
  /**
   * The sample standard deviation; null for one run.
   */
  deviation: number | null;
  /**
   * The lower end of the 95 % interval of Student's t; null for one run.
   */
  low: number | null;
  high: number | null;
}

/**
 * A cell whose outputs in a run are not those of the first run.
 */
export interface OutputDifference {
  /**
   * The run that is compared with the first.
   */
  run: string;
  /**
   * The id of the cell, in the first run if that has it.
   */
  cell: string;
  /**
   * Whether the outputs changed, or only one of the runs has the cell.
   */
  kind: 'changed' | 'missing' | 'added';
  /**
   * Whether the code of the cell differs, too.
   */
  source_changed: boolean;
  /**
   * The outputs in the first run, as a shortened text.
   */
  before: string;
  /**
   * The outputs in the other run, as a shortened text.
   */
  after: string;
}

/**
 * One parameter of a notebook, read from its `parameters` cell.
 */
export interface Parameter {
  name: string;
  type: 'int' | 'float' | 'bool' | 'str' | 'list' | 'tuple' | 'dict' | 'none';
  default: unknown;
  help: string;
  /**
   * The values that it may have.
   */
  choices: unknown[] | null;
  minimum: number | null;
  maximum: number | null;
  /**
   * Whether the minimum itself is excluded.
   */
  exclusive: boolean;
  /**
   * Whether the maximum itself is excluded.
   */
  exclusive_maximum: boolean;
  /**
   * Whether it may be None.
   */
  optional: boolean;
  /**
   * Whether its value must not be written: its name is that of a secret.
   */
  secret: boolean;
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
  /**
   * The path of Python, from the home on, which tells environments apart.
   */
  interpreter: string | null;
  platform: string;
  processor: string;
  device: string;
  /**
   * The version of the driver of the card.
   */
  driver: string | null;
  /**
   * The processor cores that the run may use.
   */
  threads: number;
  /**
   * The environment variables that limit the threads of libraries.
   */
  thread_variables: {
    [k: string]: string;
  };
  /**
   * Further environment variables that change results, or where the run is mirrored; `[secret]` in place of a value that may hold a secret. Null in older records.
   */
  variables: {
    [k: string]: string;
  } | null;
  /**
   * The parameters that are seeds.
   */
  seeds: {
    [k: string]: unknown;
  };
  /**
   * The SHA-256 of each input file, by its path as in the notebook.
   */
  inputs: {
    [k: string]: string;
  };
}

/**
 * The run that this one continues.
 */
export interface ResumedFrom {
  run: string;
  /**
   * The id of the first cell that ran again.
   */
  cell: string;
  /**
   * Whether the state before this cell was kept, or all cells ran again.
   */
  state: 'snapshot' | 'start';
  /**
   * Why all cells ran again, as a clause.
   */
  reason: string;
}

/**
 * Whether a repetition of a run came to the same metrics.
 */
export interface RunAgreement {
  run: string;
  /**
   * The earlier run.
   */
  repeats: string;
  /**
   * The relative difference up to which numbers with a fraction agree.
   */
  tolerance: number;
  metrics: MetricAgreement[];
}

/**
 * Two or more runs side by side.
 */
export interface RunComparison {
  /**
   * Without provenance.
   */
  runs: RunRecord[];
  /**
   * State first, then parameters, metrics and provenance.
   */
  differences: RunDifference[];
  /**
   * For each metric that was recorded more than once its values in each run, with the seconds since the start; thinned.
   */
  series: {
    [k: string]: number[][][];
  };
  outputs: OutputDifference[];
  /**
   * Why outputs of a run are not compared.
   */
  problems: ErrorMessage[];
}

/**
 * A value that differs between runs.
 */
export interface RunDifference {
  kind: 'run' | 'parameter' | 'metric' | 'provenance';
  name: string;
  /**
   * The value in each run; null if a run lacks it.
   */
  values: unknown[];
}

/**
 * One line of `events.jsonl`.
 */
export interface RunEvent {
  time: string;
  event:
    | 'queued'
    | 'started'
    | 'cell_started'
    | 'cell_finished'
    | 'metric'
    | 'finished';
  cell: string | null;
  index: number | null;
  duration_s: number | null;
  /**
   * The name of a metric.
   */
  name: string | null;
  /**
   * The value of a metric.
   */
  value: {
    [k: string]: unknown;
  };
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
 * The sweep to which a run belongs.
 */
export interface RunGroup {
  id: string;
  /**
   * The parameters that are swept.
   */
  axes: string[];
  /**
   * The number of runs.
   */
  size: number;
}

/**
 * One run of a sweep, for plots.
 */
export interface RunGroupPoint {
  run: string;
  state:
    | 'queued'
    | 'running'
    | 'succeeded'
    | 'failed'
    | 'cancelled'
    | 'timed_out'
    | 'lost';
  /**
   * The values of all axes.
   */
  parameters: {
    [k: string]: unknown;
  };
  metrics: {
    [k: string]: unknown;
  };
}

/**
 * The runs of a sweep that differ only in their seeds.
 */
export interface RunGroupRow {
  /**
   * The values of the axes that are not seeds.
   */
  parameters: {
    [k: string]: unknown;
  };
  /**
   * The ids, oldest first.
   */
  runs: string[];
  /**
   * The number of runs in each state.
   */
  states: {
    [k: string]: number;
  };
  /**
   * Of the runs that succeeded.
   */
  metrics: {
    [k: string]: MetricSummary;
  };
}

/**
 * The runs of a sweep in one table.
 */
export interface RunGroupTable {
  group: RunGroup;
  notebook: string;
  /**
   * The axes by which the rows differ.
   */
  axes: string[];
  /**
   * The axes over which the rows take means.
   */
  seeds: string[];
  /**
   * The metrics that are numbers.
   */
  metrics: string[];
  rows: RunGroupRow[];
  /**
   * The last attempt for each combination, oldest first.
   */
  points: RunGroupPoint[];
  /**
   * The number of runs in each state.
   */
  states: {
    [k: string]: number;
  };
  /**
   * How many runs of the sweep no longer exist.
   */
  missing: number;
  confidence: number;
}

/**
 * Runs, newest first.
 */
export interface RunList {
  runs: RunStatus[];
  problems: ErrorMessage[];
  /**
   * How many runs of the queue may run at once.
   */
  limit: number;
}

/**
 * The file `live.json` of a running run: what is replaced many times a second.
 */
export interface RunLive {
  cell: string | null;
  index: number | null;
  cell_started_at: string | null;
  /**
   * The end of what the cell has printed.
   */
  output: string;
  /**
   * Of the kernel with its children.
   */
  memory_bytes: number | null;
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
   * With the defaults, and without secrets. Numbers that JSON cannot hold are texts: `inf`, `-inf`, `nan`.
   */
  parameters: {
    [k: string]: unknown;
  };
  /**
   * The parameters that were set; the others have their defaults. Null in records of older versions.
   */
  given: string[] | null;
  /**
   * The secret parameters that were set.
   */
  secrets: string[];
  group: RunGroup | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  /**
   * By a clock that is never set.
   */
  duration_s: number | null;
  timeout_s: number | null;
  cell_timeout_s: number | null;
  attempt: number;
  /**
   * The maximum number of further attempts.
   */
  retries: number;
  /**
   * The run of the previous attempt.
   */
  previous: string | null;
  resumed_from: ResumedFrom | null;
  backend: 'local' | 'ray';
  /**
   * The address of the Ray cluster.
   */
  address: string | null;
  /**
   * Where it runs, if not on this machine.
   */
  node: string | null;
  /**
   * Whether it belongs to the process that created it; otherwise it waits in the queue until a process takes it.
   */
  attached: boolean;
  /**
   * Whether its notebook is that of an editor, which its file may not be.
   */
  from_editor: boolean;
  process_id: number | null;
  /**
   * In older records.
   */
  process_started_at: string | null;
  cells_done: number;
  cells_total: number;
  metrics: {
    [k: string]: unknown;
  };
  warnings: string[];
  error: ErrorMessage | null;
  /**
   * What it took to stop the kernel.
   */
  stop: ('not_started' | 'interrupted' | 'terminated' | 'killed') | null;
  failed_cell: string | null;
  provenance: Provenance | null;
}

/**
 * A run as lists show it.
 */
export interface RunStatus {
  /**
   * Without provenance.
   */
  run: RunRecord;
  live: RunLive | null;
  /**
   * How long an earlier run of the same notebook took.
   */
  expected_s: number | null;
  /**
   * How long its remaining cells took in that run, the current one included.
   */
  remaining_s: number | null;
  /**
   * The same for the current cell.
   */
  cell_expected_s: number | null;
  /**
   * The values of each metric so far, with the seconds since the start; thinned.
   */
  series: {
    [k: string]: number[][];
  };
  has_report: boolean;
}
