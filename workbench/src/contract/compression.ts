/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { LedgerMachine } from './ledger';

/**
 * What is known of the layers of a network, and the ways to make it smaller that were tried.
 */
export interface CompressionReport {
  schema_version: number;
  name: string;
  /**
   * @minItems 1
   */
  layers: [LayerReport, ...LayerReport[]];
  baseline: CompressionTry;
  tries: CompressionTry[];
  machine: LedgerMachine | null;
}

/**
 * A way to make a network smaller, and what becomes of the network.
 */
export interface CompressionTry {
  name: string;
  settings: {
    [k: string]: LayerSettings;
  };
  size_bytes: number;
  latency_ms: number | null;
  latency_low_ms: number | null;
  latency_high_ms: number | null;
  accuracy: number | null;
  changed_decisions: number | null;
  decisions: number | null;
  is_measured: boolean;
}

/**
 * The values that remain when those of a layer are rounded: whole multiples of a scale.
 */
export interface IntegerGrid {
  /**
   * @minItems 1
   */
  scales: [number, ...number[]];
  /**
   * @minItems 1
   */
  zero_points: [number, ...number[]];
  axis: number | null;
  lowest: number;
  highest: number;
  snr_db: number | null;
  largest_error: number | null;
  saturated: number | null;
}

/**
 * A layer whose values have a number of bits, while all others have 32.
 */
export interface LayerPrecision {
  lost_accuracy: number | null;
  changed_decisions: number | null;
  bits: number;
  size_bytes: number;
  weights: IntegerGrid | null;
  activations: IntegerGrid | null;
}

/**
 * A layer of which some channels are left, while all others have theirs.
 */
export interface LayerPruning {
  lost_accuracy: number | null;
  changed_decisions: number | null;
  kept: number;
  removed: {
    [k: string]: number;
  };
}

/**
 * What is known of one layer.
 */
export interface LayerReport {
  name: string;
  op: string;
  line: string;
  shape: number[];
  parameters: number;
  weights: ValueHistogram | null;
  activations: ValueHistogram | null;
  precisions: LayerPrecision[];
  channels: number | null;
  prunings: LayerPruning[];
  group: string;
}

/**
 * What is done to one layer.
 */
export interface LayerSettings {
  bits: number;
  kept: number | null;
}

/**
 * How many values of a layer lie between two numbers.
 */
export interface ValueHistogram {
  /**
   * @minItems 2
   * @maxItems 4097
   */
  edges: [number, number, ...number[]];
  counts: number[];
}
