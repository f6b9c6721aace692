/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

/**
 * Train another bundle in the place of this one, with the outputs of this one.
 */
export interface DistilStep {
  epochs: number;
  lr: number;
  batch_size: number;
  temperature: number;
  seed: number;
  step: 'distil';
  student: string;
}

/**
 * Train the program on, with the outputs of the bundle that the recipe started from.
 */
export interface FineTuneStep {
  epochs: number;
  lr: number;
  batch_size: number;
  temperature: number;
  seed: number;
  step: 'fine_tune';
}

/**
 * Remove channels from the program.
 */
export interface PruneStep {
  step: 'prune';
  share: number;
  groups: {
    [k: string]: number;
  };
  criterion: 'l1' | 'bn_scale' | 'taylor';
  rounds: number;
}

/**
 * Choose scales for int8, which the export to ONNX Runtime then uses.
 */
export interface QuantizeStep {
  step: 'quantize';
  method: 'minmax' | 'percentile' | 'mse' | 'kl' | 'dynamic';
  bits: number;
  keep: string[];
}

/**
 * How a bundle becomes smaller: steps, one after the other.
 */
export interface Recipe {
  schema_version: number;
  /**
   * @minItems 1
   * @maxItems 100
   */
  steps: [
    PruneStep | FineTuneStep | DistilStep | QuantizeStep,
    ...(PruneStep | FineTuneStep | DistilStep | QuantizeStep)[]
  ];
  data: string;
  target: string;
}
