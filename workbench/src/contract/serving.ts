/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

/**
 * How a model is served; each can be changed while it runs.
 */
export interface ModelSettings {
  batch: number;
  wait_ms: number;
  workers: number;
  queue: number;
  timeout_s: number;
}
