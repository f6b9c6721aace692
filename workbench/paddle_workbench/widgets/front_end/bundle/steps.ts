import type {
  BundleRecord,
  CharacterIds,
  CtcDecode,
  Letterbox,
  Normalize,
  Resize,
  TopLabels,
  YoloBoxes
} from '../../../../src/contract/bundle';
import { resize } from './pillow-resize';
import type { IPicture } from './pillow-resize';
import { letterboxed, placementsOf, resizedWidth } from './placement';
import type { IPlacement } from './placement';
import type { Corners } from './suppression';
import { numbersOf, tensorOf } from './tensor';
import type { ITensor } from './tensor';
import { textLines } from './text-line';
import { detected } from './yolo-boxes';

export type Preprocessing = BundleRecord['preprocessing'][number];
export type Postprocessing = BundleRecord['postprocessing'][number];
export type RawInput = string | IPicture;
export type Vocabularies = Readonly<Record<string, readonly string[]>>;

/** A box around something in a picture. */
export interface IBox {
  readonly label: string;
  readonly score: number;
  /** In pixels of the picture. */
  readonly corners: Corners;
}

/** What a bundle makes of one input. */
export interface IPrediction {
  /** The best label, or the recognised text; that of the first box of a detector, if any. */
  readonly label: string;
  /** Its probability; for a text the mean over its characters. */
  readonly score: number;
  /** The best labels with their probabilities; empty for a text. */
  readonly scores: readonly (readonly [string, number])[];
  /** What a detector sees, the highest score first. */
  readonly boxes?: readonly IBox[];
}

type Batch = readonly RawInput[] | ITensor;
type Step<Model> = (
  batch: Batch,
  step: Model,
  vocabularies: Vocabularies
) => Batch;
type Decode<Model> = (
  outputs: readonly [ITensor, ...ITensor[]],
  step: Model,
  labels: readonly string[],
  placements?: readonly IPlacement[]
) => IPrediction[];

/** The steps of `export/processing.py`, with the same results. A missing one does not compile. */
export const PREPROCESSING: {
  readonly [Name in Preprocessing['step']]: Step<
    Extract<Preprocessing, { step: Name }>
  >;
} = {
  character_ids: characterIds,
  clean_text: batch => textsOf(batch).map(cleanText),
  letterbox,
  normalize,
  resize: resizePictures,
  text_line: (batch, step) => textLines(picturesOf(batch), step)
};

export const POSTPROCESSING: {
  readonly [Name in Postprocessing['step']]: Decode<
    Extract<Postprocessing, { step: Name }>
  >;
} = {
  ctc_decode: ctcDecode,
  top_labels: topLabels,
  yolo_boxes: yoloBoxes
};

/** Return the input of a program for a batch of texts or pictures. */
export function preprocess(
  values: readonly RawInput[],
  steps: readonly Preprocessing[],
  vocabularies: Vocabularies
): ITensor {
  let batch: Batch = values;
  for (const step of steps) {
    const apply = PREPROCESSING[step.step] as Step<Preprocessing>;
    batch = apply(batch, step, vocabularies);
  }
  if (!isTensor(batch)) {
    throw new Error('The steps of this bundle do not lead to an array.');
  }
  return batch;
}

/** Return where raw inputs lie in the network's input, if they are pictures. */
export function placements(
  values: readonly RawInput[],
  steps: readonly Preprocessing[]
): IPlacement[] | undefined {
  const pictures = values.filter(value => typeof value !== 'string');
  return pictures.length === values.length
    ? placementsOf(pictures, steps)
    : undefined;
}

/**
 * Return the result for each row of a batch.
 *
 * @param places - of the pictures, for boxes; without them these are in pixels of the input
 */
export function postprocess(
  outputs: readonly ITensor[],
  steps: readonly Postprocessing[],
  labels: readonly string[],
  places?: readonly IPlacement[]
): IPrediction[] {
  const [first, ...others] = outputs;
  const step = steps.at(-1);
  if (first === undefined || step === undefined) {
    return [];
  }
  const decode = POSTPROCESSING[step.step] as Decode<Postprocessing>;
  return decode([first, ...others], step, labels, places);
}

function isTensor(batch: Batch): batch is ITensor {
  return 'bytes' in batch;
}

function textsOf(batch: Batch): string[] {
  return (isTensor(batch) ? [] : batch).map(value => {
    if (typeof value !== 'string' || value.trim() === '') {
      throw new Error('This bundle takes texts with visible characters.');
    }
    return value;
  });
}

function cleanText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ')
    .split(/\p{Zs}+/u)
    .filter(part => part !== '')
    .join(' ');
}

function characterIds(
  batch: Batch,
  { vocabulary, length, padding, unknown }: CharacterIds,
  vocabularies: Vocabularies
): ITensor {
  const texts = textsOf(batch);
  const numbers = new Map(
    vocabularies[vocabulary]?.map((character, number) => [character, number])
  );
  const ids = new BigInt64Array(texts.length * length).fill(BigInt(padding));
  texts.forEach((text, row) => {
    Array.from(text)
      .slice(0, length)
      .forEach((character, place) => {
        const number = numbers.get(character) ?? unknown;
        ids[row * length + place] = BigInt(number);
      });
  });
  return tensorOf('int64', [texts.length, length], ids);
}

function resizePictures(batch: Batch, { height, width }: Resize): ITensor {
  const pictures = picturesOf(batch).map(picture =>
    resize(
      picture,
      resizedWidth([picture.height, picture.width], { height, width }),
      height
    )
  );
  const widest = Math.max(...pictures.map(picture => picture.width));
  const bytes = new Uint8Array(pictures.length * height * widest * 3);
  pictures.forEach((picture, row) => {
    const stride = picture.width * 3;
    for (let y = 0; y < height; y++) {
      bytes.set(
        picture.rgb.subarray(y * stride, (y + 1) * stride),
        (row * height + y) * widest * 3
      );
    }
  });
  return tensorOf('uint8', [pictures.length, height, widest, 3], bytes);
}

function letterbox(batch: Batch, { height, width, fill }: Letterbox): ITensor {
  const pictures = picturesOf(batch);
  const bytes = new Uint8Array(pictures.length * height * width * 3);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number(fill[at % 3]);
  }
  pictures.forEach((picture, row) => {
    const { resized, top, left } = letterboxed(
      [picture.height, picture.width],
      [height, width]
    );
    const stride = resized[1] * 3;
    const { rgb } = resize(picture, resized[1], resized[0]);
    for (let y = 0; y < resized[0]; y++) {
      bytes.set(
        rgb.subarray(y * stride, (y + 1) * stride),
        ((row * height + top + y) * width + left) * 3
      );
    }
  });
  return tensorOf('uint8', [pictures.length, height, width, 3], bytes);
}

function normalize(
  batch: Batch,
  { mean, deviation, channels }: Normalize
): ITensor {
  const { bytes, shape } = isTensor(batch) ? batch : stacked(picturesOf(batch));
  const [rows = 0, height = 0, width = 0] = shape;
  const pixels = height * width;
  const result = new Float32Array(rows * 3 * pixels);
  for (let channel = 0; channel < 3; channel++) {
    const source = channels === 'BGR' ? 2 - channel : channel;
    const centre = Math.fround(Number(mean[channel]));
    const size = Math.fround(Number(deviation[channel]));
    const table = Float32Array.from({ length: 256 }, (_, value) =>
      Math.fround(Math.fround(Math.fround(value / 255) - centre) / size)
    );
    for (let row = 0; row < rows; row++) {
      const start = (row * 3 + channel) * pixels;
      for (let at = 0; at < pixels; at++) {
        const value = bytes[(row * pixels + at) * 3 + source] ?? 0;
        result[start + at] = table[value] ?? 0;
      }
    }
  }
  return tensorOf('float32', [rows, 3, height, width], result);
}

function picturesOf(batch: Batch): IPicture[] {
  return (isTensor(batch) ? [] : batch).map(value => {
    if (typeof value === 'string') {
      throw new Error('This bundle takes pictures.');
    }
    return value;
  });
}

function stacked(pictures: readonly IPicture[]): ITensor {
  const { width = 0, height = 0 } = pictures[0] ?? {};
  const size = width * height * 3;
  const bytes = new Uint8Array(pictures.length * size);
  pictures.forEach((picture, row) => {
    if (picture.width !== width || picture.height !== height) {
      throw new Error('The pictures of a batch must have the same size.');
    }
    bytes.set(picture.rgb, row * size);
  });
  return tensorOf('uint8', [pictures.length, height, width, 3], bytes);
}

function topLabels(
  [scores]: readonly [ITensor, ...ITensor[]],
  { count, softmax }: TopLabels,
  labels: readonly string[]
): IPrediction[] {
  return rowsOf(scores).map(row => {
    const values = softmax ? softmaxOf(row) : row;
    const best = Array.from(values.keys())
      .sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0))
      .slice(0, count)
      .map(place => [labels[place] ?? '', values[place] ?? 0] as const);
    const [label, score] = best[0] ?? ['', 0];
    return { label, score, scores: best };
  });
}

function ctcDecode(
  [scores]: readonly [ITensor, ...ITensor[]],
  { blank }: CtcDecode,
  characters: readonly string[]
): IPrediction[] {
  const [batch = 0, time = 0] = scores.shape;
  const rows = rowsOf(scores);
  return Array.from({ length: batch }, (_, row) => {
    let label = '';
    let sum = 0;
    let count = 0;
    let last = -1;
    for (const values of rows.slice(row * time, (row + 1) * time)) {
      const best = placeOfLargest(values);
      if (best !== last && best !== blank) {
        label += characters[best > blank ? best - 1 : best] ?? '';
        sum += values[best] ?? 0;
        count += 1;
      }
      last = best;
    }
    return { label, score: count === 0 ? 0 : sum / count, scores: [] };
  });
}

function yoloBoxes(
  outputs: readonly ITensor[],
  step: YoloBoxes,
  labels: readonly string[],
  places?: readonly IPlacement[]
): IPrediction[] {
  return detected(outputs, step, labels.length, places).map(detections => {
    const boxes = detections.map(({ corners, kind, score }) => ({
      label: labels[kind] ?? '',
      score,
      corners
    }));
    const { label, score } = boxes[0] ?? { label: '', score: 0 };
    return { label, score, scores: [], boxes };
  });
}

/** Return the rows along the last axis. */
function rowsOf(tensor: ITensor): Float64Array[] {
  const numbers = numbersOf(tensor);
  const size = tensor.shape.at(-1) ?? 1;
  return Array.from(
    { length: size === 0 ? 0 : numbers.length / size },
    (_, row) => numbers.subarray(row * size, (row + 1) * size)
  );
}

function placeOfLargest(values: Float64Array): number {
  let best = 0;
  values.forEach((value, place) => {
    if (value > (values[best] ?? value)) {
      best = place;
    }
  });
  return best;
}

function softmaxOf(row: Float64Array): Float64Array {
  const largest = row[placeOfLargest(row)] ?? 0;
  const sizes = row.map(value => Math.exp(value - largest));
  const sum = sizes.reduce((total, size) => total + size, 0);
  return sizes.map(size => size / sum);
}
