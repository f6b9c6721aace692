/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type {
  DistilStep,
  FineTuneStep,
  PruneStep,
  QuantizeStep
} from './recipe';

/**
 * The file `bundle.json` of a bundle.
 */
export interface BundleRecord {
  schema_version: number;
  name: string;
  version: string;
  task:
    | 'text-classification'
    | 'image-classification'
    | 'text-recognition'
    | 'object-detection'
    | 'tensors';
  licence: string;
  created_at: string;
  inputs: TensorSignature[];
  outputs: TensorSignature[];
  labels: string[];
  preprocessing: (
    CleanText | CharacterIds | Resize | Letterbox | Normalize | TextLine
  )[];
  postprocessing: (TopLabels | CtcDecode | YoloBoxes)[];
  metrics: {
    [k: string]: number;
  };
  samples: Sample[];
  samples_from: 'eager' | 'predictor';
  targets: {
    [k: string]: TargetRecord;
  };
  legacy_problem: ExportFinding | null;
  parent: Parent | null;
  provenance: Versions;
  files: {
    [k: string]: FileRecord;
  };
}

/**
 * Replace each character by its number in a vocabulary.
 *
 * Input: texts. Output: int64, (batch, length).
 */
export interface CharacterIds {
  step: 'character_ids';
  vocabulary: string;
  length: number;
  padding: number;
  unknown: number;
}

/**
 * Replace control characters by spaces and collapse spaces, as `text.vocabulary.clean` does.
 */
export interface CleanText {
  step: 'clean_text';
}

/**
 * The best path of a CTC network. Input: scores, (batch, time, characters + 1).
 */
export interface CtcDecode {
  step: 'ctc_decode';
  blank: number;
}

/**
 * What keeps a program from a target, or what to know before using it there.
 */
export interface ExportFinding {
  code: string;
  severity: 'error' | 'warning';
  message: string;
  hint: string;
  op: string;
  line: SourcePlace | null;
}

/**
 * The content of one file.
 */
export interface FileRecord {
  sha256: string;
  bytes: number;
}

/**
 * A box around something in a picture.
 */
export interface LabelledBox {
  label: string;
  score: number;
  /**
   * @minItems 4
   * @maxItems 4
   */
  corners: [unknown, unknown, unknown, unknown];
}

/**
 * Resize pictures in proportion into the centre of one size, in pixels; fill the rest.
 *
 * Input: RGB pictures, uint8 (height, width, 3). Output: uint8, (batch, height, width, 3).
 */
export interface Letterbox {
  step: 'letterbox';
  height: number;
  width: number;
  /**
   * @minItems 3
   * @maxItems 3
   */
  fill: [unknown, unknown, unknown];
}

/**
 * Scale pictures from 0…255, subtract the mean, divide by the deviation, channels first.
 *
 * Input: uint8, (batch, height, width, 3). Output: float32, (batch, 3, height, width).
 */
export interface Normalize {
  step: 'normalize';
  /**
   * @minItems 3
   * @maxItems 3
   */
  mean: [unknown, unknown, unknown];
  /**
   * @minItems 3
   * @maxItems 3
   */
  deviation: [unknown, unknown, unknown];
  channels: 'RGB' | 'BGR';
}

/**
 * The bundle that another one was made from.
 */
export interface Parent {
  name: string;
  version: string;
  sha256: string;
  steps: (PruneStep | FineTuneStep | DistilStep | QuantizeStep)[];
}

/**
 * How far a target is from the samples of a bundle.
 */
export interface Parity {
  is_equal: boolean;
  reference: 'eager' | 'predictor';
  samples: number;
  largest_difference: number | null;
  largest_absolute_difference: number | null;
  tolerance: number | null;
  decisions: number;
  changed_decisions: number;
  is_held_out: boolean;
  raw_examples: number;
  worst_sample: string;
  worst: WorstElement | null;
  problem: string;
}

/**
 * Resize pictures to one height and width, in pixels.
 *
 * Input: RGB pictures, uint8 (height, width, 3). Output: uint8, (batch, height, width, 3).
 */
export interface Resize {
  step: 'resize';
  height: number;
  width: number | null;
}

/**
 * Inputs on which targets are compared with the eager network.
 */
export interface Sample {
  name: string;
  inputs: number;
  outputs: number | null;
  error: string;
  is_edge_case: boolean;
  is_held_out: boolean;
}

/**
 * A line of the learner's code.
 */
export interface SourcePlace {
  file: string;
  line: number;
}

/**
 * A target that was exported and is equal.
 */
export interface TargetRecord {
  folder: string;
  weights: 'fp32' | 'fp16' | 'int8';
  created_at: string;
  versions: {
    [k: string]: string;
  };
  parity: Parity;
  without_passes: string[];
}

/**
 * An input or output of a program.
 */
export interface TensorSignature {
  name: string;
  dtype: string;
  shape: (number | null)[] | null;
}

/**
 * Resize lines of text as PP-OCR does, scale them to -1…1, pad with 0, channels first.
 *
 * OpenCV resizes a line to one height, in proportion, to at most 3200 pixels.
 *
 * Input: RGB pictures, uint8 (height, width, 3). Output: float32, (batch, 3, height, width).
 */
export interface TextLine {
  step: 'text_line';
  height: number;
  narrowest: number;
  channels: 'RGB' | 'BGR';
}

/**
 * The labels with the highest values. Input: scores, (batch, labels).
 */
export interface TopLabels {
  step: 'top_labels';
  count: number;
  softmax: boolean;
}

/**
 * Where a bundle was made.
 */
export interface Versions {
  python: string;
  platform: string;
  packages: {
    [k: string]: string;
  };
}

/**
 * The element of an output that differs most.
 */
export interface WorstElement {
  output: number;
  index: number[];
  expected: number | null;
  value: number | null;
}

/**
 * The boxes that a YOLO network sees, after suppression, in pixels of the picture.
 *
 * Input: for each scale the raw output, (batch, anchors * (5 + labels), rows, columns).
 */
export interface YoloBoxes {
  step: 'yolo_boxes';
  anchors: [unknown, unknown][][];
  strides: number[];
  threshold: number;
  iou: number;
  limit: number;
  method: 'per-class' | 'soft' | 'class-agnostic';
}
