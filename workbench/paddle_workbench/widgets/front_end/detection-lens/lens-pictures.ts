import type { Suppression, Corners, IDetection } from '../bundle/suppression';
import type { ITraits } from '../base/model';

/** A picture, as `widgets/detection_lens.py` describes it. */
export interface IPictureEntry {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly candidates: number;
  readonly truth: number;
  readonly complete_above: number;
}

/** How sure a network is, at each cell of a scale, that there is a thing. */
export interface IObjectness {
  readonly rows: number;
  readonly columns: number;
  readonly values: DataView;
  readonly corners: Corners;
}

/** The anchors of a scale: widths and heights in pixels of the input. */
export interface IAnchors {
  readonly stride: number;
  readonly sizes: readonly (readonly [number, number])[];
}

export interface ILensTraits extends ITraits {
  classes: readonly string[];
  pictures: readonly IPictureEntry[];
  candidates: DataView;
  truth: DataView;
  /** What runs the network of a bundle; empty for a detector. */
  runtime: string;
  has_truth: boolean;
  threshold: number;
  iou: number;
  method: Suppression['method'];
  limit: number;
  index: number;
  shown: number;
  picture: DataView;
  failure: string;
  objectness: readonly IObjectness[];
  scale: number;
  anchors: readonly IAnchors[];
  sizes: DataView;
}

/** What is in a picture. */
export interface ITrueBox {
  readonly corners: Corners;
  readonly kind: number;
}

/** A picture with its boxes; those of the network have the highest score first. */
export interface ILensPicture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly candidates: readonly IDetection[];
  readonly truth: readonly ITrueBox[];
  readonly completeAbove: number;
}

/** Return the pictures with their boxes, whose rows of all pictures follow each other. */
export function unpackPictures(
  entries: readonly IPictureEntry[],
  candidates: DataView,
  truth: DataView
): ILensPicture[] {
  const seen = rowsOf(candidates, 6);
  const there = rowsOf(truth, 5);
  let [seenAt, thereAt] = [0, 0];
  return entries.map(entry => ({
    name: entry.name,
    width: entry.width,
    height: entry.height,
    completeAbove: entry.complete_above,
    candidates: seen
      .slice(seenAt, (seenAt += entry.candidates))
      .map(([x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0, kind = 0]) => ({
        corners: [x1, y1, x2, y2] as const,
        score,
        kind
      })),
    truth: there
      .slice(thereAt, (thereAt += entry.truth))
      .map(([x1 = 0, y1 = 0, x2 = 0, y2 = 0, kind = 0]) => ({
        corners: [x1, y1, x2, y2] as const,
        kind
      }))
  }));
}

/** Return the rows of a float32 array. */
export function rowsOf(bytes: DataView, columns: number): number[][] {
  const rows = bytes.byteLength / (4 * columns);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) =>
      bytes.getFloat32(4 * (row * columns + column), true)
    )
  );
}
