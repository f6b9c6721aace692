/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { ModelSettings } from './serving';

/**
 * The load of a bench, all of it: what the arrivals do not need is kept for others.
 */
export interface BenchLoad {
  arrivals: 'poisson' | 'constant' | 'closed';
  rate: number;
  clients: number;
  duration_s: number;
  size: number;
  timeout_s: number;
  seed: number;
}

/**
 * A run of a bench: how the model was served, and what a load has shown of it.
 */
export interface BenchRun {
  number: number;
  started_at: string;
  settings: ModelSettings;
  threads: number | null;
  result: LoadRun;
}

/**
 * How a bench wants a model served.
 */
export interface BenchSettings {
  batch: number;
  wait_ms: number;
  workers: number;
  queue: number;
  threads: number | null;
}

/**
 * The time from the scheduled instant to the answer, of what was answered with 200.
 */
export interface LatencySummary {
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  mean_ms: number;
  largest_ms: number;
}

/**
 * How the client of a run has kept to the plan.
 */
export interface LoadClient {
  late_p99_ms: number;
  cpu: number;
  connections: number;
  has_waited: boolean;
}

/**
 * What a run has shown since the moment before, about a second ago.
 */
export interface LoadMoment {
  at_s: number;
  per_second: number;
  failed: number;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  queue: number | null;
  batch_mean: number | null;
  memory_bytes: number | null;
}

/**
 * How a server is loaded: at a rate that it cannot slow down, or by clients that wait.
 */
export interface LoadPlan {
  arrivals: 'poisson' | 'constant' | 'closed';
  rate: number | null;
  clients: number | null;
  duration_s: number;
  timeout_s: number;
  seed: number;
  size: number;
}

/**
 * What a load of requests has shown of a server.
 */
export interface LoadRun {
  plan: LoadPlan;
  url: string;
  model: string;
  elapsed_s: number;
  scheduled: number;
  answered: number;
  errors: {
    [k: string]: number;
  };
  unanswered: number;
  per_second: number;
  latency: LatencySummary | null;
  seconds: LoadSecond[];
  moments: LoadMoment[];
  client: LoadClient;
  server: LoadServer | null;
  notes: string[];
  is_complete: boolean;
}

/**
 * What was scheduled in a second of a run.
 */
export interface LoadSecond {
  start_s: number;
  scheduled: number;
  answered: number;
  failed: number;
  p50_ms: number | null;
  p99_ms: number | null;
}

/**
 * What a server has counted during a run, for all its clients.
 */
export interface LoadServer {
  inputs: number;
  batches: number;
  batch_rows: {
    [k: string]: number;
  };
  queue_mean: number;
  wait_mean_ms: number;
  predict_mean_ms: number;
  restarts: number;
  cpu: {
    [k: string]: number;
  };
  memory_bytes: {
    [k: string]: number;
  };
}
