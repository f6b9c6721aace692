/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

/**
 * The unsigned integers of 8 bits that stand for the values of an activation.
 */
export interface ActivationScale {
  scale: number;
  zero_point: number;
}

/**
 * A layer with weights that can be stored with 8 bits.
 */
export interface PlannedLayer {
  name: string;
  kind: string;
  node: string;
  weight: string;
  elements: number;
  is_signed: boolean;
  axis: number | null;
  scales: number[];
  zero_point: number;
  scales_from: 'weights' | 'paddle';
  bits: number;
  is_quantized: boolean;
}

/**
 * What of a program is stored and computed with 8 bits, with which scales.
 */
export interface QuantizationPlan {
  schema_version: number;
  method: 'minmax' | 'percentile' | 'mse' | 'kl' | 'paddle' | 'dynamic';
  rows: number;
  layers: PlannedLayer[];
  activations: {
    [k: string]: ActivationScale;
  };
}
