import type { BundlePicture, ExportReport, Parity } from '../../contract';

const CREATED_AT = '2026-11-29T10:00:00Z';

export const parity: Parity = {
  is_equal: true,
  samples: 5,
  largest_difference: 1.6e-7,
  largest_absolute_difference: 1.6e-7,
  tolerance: 0.001,
  reference: 'eager',
  is_held_out: false,
  worst: null,
  decisions: 10,
  changed_decisions: 1,
  raw_examples: 3,
  worst_sample: 'examples',
  problem: ''
};

/** A bundle that was exported to Paddle Inference alone. */
export function examplePicture(
  changes: Partial<BundlePicture> = {}
): BundlePicture {
  return {
    path: 'bundles/sentiment',
    is_packed: false,
    problem: null,
    record: {
      schema_version: 1,
      name: 'sentiment',
      version: '2',
      task: 'text-classification',
      licence: 'Apache-2.0',
      created_at: CREATED_AT,
      inputs: [{ name: 'ids', dtype: 'int64', shape: [null, 64] }],
      outputs: [{ name: 'scores', dtype: 'float32', shape: null }],
      labels: ['bad', 'good'],
      preprocessing: [
        { step: 'clean_text' },
        {
          step: 'character_ids',
          vocabulary: 'vocabulary.json',
          length: 64,
          padding: 0,
          unknown: 1
        }
      ],
      postprocessing: [{ step: 'top_labels', count: 2, softmax: true }],
      metrics: { accuracy: 0.86125 },
      samples: [
        {
          name: 'examples',
          inputs: 1,
          outputs: 1,
          error: '',
          is_edge_case: false,
          is_held_out: false
        },
        {
          name: 'empty',
          inputs: 1,
          outputs: 1,
          error: '',
          is_edge_case: true,
          is_held_out: false
        }
      ],
      samples_from: 'eager',
      legacy_problem: null,
      parent: null,
      targets: {},
      provenance: {
        python: '3.11.7',
        platform: 'Linux',
        packages: { paddlepaddle: '3.2.0' }
      },
      files: {
        'inference/inference.json': { sha256: '0'.repeat(64), bytes: 1500 },
        'vocabulary.json': { sha256: '1'.repeat(64), bytes: 500 }
      }
    },
    targets: [
      {
        name: 'inference',
        title: 'Paddle Inference',
        exported: {
          folder: 'inference',
          created_at: CREATED_AT,
          versions: {},
          weights: 'fp32',
          without_passes: [],
          parity
        },
        program: 'inference/inference.json'
      },
      { name: 'onnx', title: 'ONNX', exported: null, program: '' }
    ],
    ...changes
  };
}

/** What a preflight for ONNX found. */
export function exampleReport(
  changes: Partial<ExportReport> = {}
): ExportReport {
  return {
    target: 'onnx',
    bundle_created_at: CREATED_AT,
    is_accepted: true,
    findings: [],
    parity,
    sources: {},
    ...changes
  };
}
