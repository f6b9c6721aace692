import type {
  CompressionTry,
  IntegerGrid,
  LayerPrecision,
  LayerReport
} from '../../../../../src/contract/compression';

export function gridOf(scale: number, bits: number): IntegerGrid {
  const half = 2 ** (bits - 1);
  return {
    scales: [scale],
    zero_points: [0],
    axis: null,
    lowest: -half,
    highest: half - 1,
    snr_db: 6 * bits,
    largest_error: scale / 2,
    saturated: 0.25
  };
}

export function precision(
  bits: number,
  lost: number | null,
  changed: number | null = null
): LayerPrecision {
  return {
    bits,
    size_bytes: (100 * bits) / 8,
    weights: bits === 32 ? null : gridOf(2 / 2 ** bits, bits),
    activations: null,
    lost_accuracy: lost,
    changed_decisions: changed
  };
}

/** A layer of 100 parameters. */
export function layer(
  name: string,
  changes: Partial<LayerReport> = {}
): LayerReport {
  return {
    name,
    op: 'matmul',
    line: 'net.py:3',
    shape: [10, 10],
    parameters: 100,
    weights: { edges: [-1, 0, 1], counts: [3, 1] },
    activations: null,
    precisions: [precision(32, 0, 0), precision(8, 0.01, 1)],
    channels: null,
    prunings: [],
    group: '',
    ...changes
  };
}

/** Layer `a` can be pruned, `b` reads its channels, and of `b` it is not known what 8 bits cost. */
export const LAYERS: readonly LayerReport[] = [
  layer('a', {
    precisions: [
      precision(32, 0, 0),
      precision(8, 0.01, 1),
      precision(4, 0.3, 9)
    ],
    channels: 10,
    group: 'a.out',
    prunings: [
      {
        kept: 5,
        removed: { a: 0.5, b: 0.5 },
        lost_accuracy: 0.02,
        changed_decisions: 3
      }
    ]
  }),
  layer('b', {
    op: 'conv2d',
    precisions: [precision(32, 0), precision(8, null)]
  }),
  layer('norm', {
    op: 'batch_norm',
    weights: null,
    precisions: [precision(32, 0)]
  })
];

export function tried(
  name: string,
  changes: Partial<CompressionTry> = {}
): CompressionTry {
  return {
    name,
    settings: {},
    size_bytes: 1000,
    latency_ms: 2,
    latency_low_ms: 1.9,
    latency_high_ms: 2.2,
    accuracy: 0.9,
    changed_decisions: 0,
    decisions: 50,
    is_measured: true,
    ...changes
  };
}

export const BASELINE = tried('fp32');
