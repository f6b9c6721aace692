/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { FileRecord } from './bundle';

/**
 * What a run was measured on.
 */
export interface LedgerMachine {
  processor: string;
  int8_instructions: string[] | null;
  cores: number;
  memory_bytes: number;
  governor: string;
  platform: string;
  python: string;
  packages: {
    [k: string]: string;
  };
  variables: {
    [k: string]: string;
  };
  load_before: number | null;
  load_after: number | null;
}

/**
 * How a run was measured; see `export.ledger.protocol`.
 */
export interface LedgerProtocol {
  warm_up_s: number;
  block_s: number;
  least_rounds: number;
  most_rounds: number;
  width: number;
  budget_s: number;
  seed: number;
}

/**
 * The file `ledger.json`.
 */
export interface LedgerRecord {
  schema_version: number;
  runs: LedgerRun[];
}

/**
 * One variant with one batch and one number of threads.
 */
export interface LedgerRow {
  variant: string;
  threads: number;
  batch: number;
  p50_ms: number | null;
  p90_ms: number | null;
  p99_ms: number | null;
  calls: number;
  rounds_ms: number[];
  rows_per_s: number | null;
  peak_bytes: number | null;
  load_ms: number | null;
  import_ms: number | null;
  problem: string;
}

/**
 * One measurement on one machine.
 */
export interface LedgerRun {
  bundle: string;
  version: string;
  created_at: string;
  machine: LedgerMachine;
  protocol: LedgerProtocol;
  baseline: string;
  reference: string;
  variants: LedgerVariant[];
  rows: LedgerRow[];
  noise: number | null;
  notes: string[];
  is_complete: boolean;
}

/**
 * What does not depend on batch and threads.
 */
export interface LedgerVariant {
  name: string;
  title: string;
  size_bytes: number | null;
  files: {
    [k: string]: FileRecord;
  };
  accuracy: number | null;
  inputs: number;
  changed_decisions: number | null;
  largest_difference: number | null;
  weights: 'fp32' | 'fp16' | 'int8';
  parity_limit: string;
  parity_problem: string;
  problem: string;
}
