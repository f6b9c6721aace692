/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { Text } from './model';

/**
 * All findings of the doctor, broken ones first.
 */
export interface DoctorReport {
  findings: Finding[];
  summary: Text;
  created_at: string;
}

/**
 * The result of one of the doctor's checks.
 */
export interface Finding {
  /**
   * A name without spaces, for example `onednn`.
   */
  check: string;
  title: Text;
  state: 'ok' | 'warning' | 'broken';
  /**
   * Of the page that explains it; empty when ok.
   */
  code: string;
  detail: string;
  /**
   * The exact command that fixes it; empty when ok.
   */
  repair: string;
}

/**
 * What a running kernel reports for the status bar.
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
   * Whether it was forked from a server that had imported Paddle.
   */
  warm: boolean;
}

/**
 * The status of the fork server of warm kernels, as in its file `status.json`.
 */
export interface KernelServerStatus {
  schema_version: number;
  /**
   * `ready`: accepts requests. `retired`: waits for its kernels to end. `unfit`: forking is not safe here. `ended`: the process has ended.
   */
  state: 'preloading' | 'ready' | 'retired' | 'unfit' | 'ended';
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
   * Why it does not start kernels; empty if it does.
   */
  problem: string;
  /**
   * A digest of the packages it has imported.
   */
  environment: string;
  kernels: number;
  spares: number;
  /**
   * Number of kernels started so far.
   */
  launched: number;
}

/**
 * One import of the fork server.
 */
export interface Preload {
  module: string;
  seconds: number;
  /**
   * Why it was skipped; empty if it was imported.
   */
  problem: string;
}
