/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { Text } from './model';

/**
 * Everything the doctor found, the broken first.
 */
export interface DoctorReport {
  findings: Finding[];
  summary: Text;
  created_at: string;
}

/**
 * One thing the doctor looked at.
 */
export interface Finding {
  /**
   * A name without spaces, for example `onednn`.
   */
  check: string;
  title: Text;
  state: 'ok' | 'warning' | 'broken';
  detail: string;
  /**
   * The exact command that fixes it; empty when ok.
   */
  repair: string;
}

/**
 * What a running kernel says of itself for the status bar.
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
 */
export interface KernelServerStatus {
  schema_version: number;
  /**
   * `ready` takes requests; `retired` only waits for its kernels to end; `unfit` found that a fork is not safe here; `ended` is a process that is gone.
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
 */
export interface Preload {
  module: string;
  seconds: number;
  /**
   * Why it was left out; empty if it was not.
   */
  problem: string;
}
