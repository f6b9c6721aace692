import type { BundleRecord } from '../../../../src/contract/bundle';
import type { IPicture } from './pillow-resize';
import { roundHalfToEven } from './rounding';

/** Height and width in pixels. */
export type Size = readonly [number, number];

/** Where a picture lies in the input of a network, as in `boxes/placement.py`. */
export interface IPlacement {
  readonly picture: Size;
  readonly resized: Size;
  readonly input: Size;
  readonly top: number;
  readonly left: number;
}

/** Return the place of a picture that is resized in proportion, into the centre of an input. */
export function letterboxed(picture: Size, input: Size): IPlacement {
  const [height, width] = picture;
  const [rows, columns] = input;
  const isHigh = height * columns >= width * rows;
  const resized: Size = isHigh
    ? [rows, Math.max(1, roundHalfToEven((width * rows) / height))]
    : [Math.max(1, roundHalfToEven((height * columns) / width)), columns];
  return {
    picture,
    resized,
    input,
    top: Math.floor((rows - resized[0]) / 2),
    left: Math.floor((columns - resized[1]) / 2)
  };
}

/** Return the width to which a step resizes a picture. */
export function resizedWidth(
  [height, width]: Size,
  step: { readonly height: number; readonly width: number | null }
): number {
  const proportional = roundHalfToEven((width * step.height) / height);
  return step.width ?? Math.max(1, proportional);
}

/** Return where each picture of a batch lies in the input that steps make of it. */
export function placementsOf(
  pictures: readonly IPicture[],
  steps: readonly BundleRecord['preprocessing'][number][]
): IPlacement[] {
  const sizes = pictures.map(({ height, width }): Size => [height, width]);
  for (const step of steps) {
    if (step.step === 'letterbox') {
      return sizes.map(size => letterboxed(size, [step.height, step.width]));
    }
    if (step.step === 'resize') {
      const widths = sizes.map(size => resizedWidth(size, step));
      const input: Size = [step.height, Math.max(...widths)];
      return sizes.map((picture, row) => ({
        picture,
        resized: [step.height, widths[row] ?? 0],
        input,
        top: 0,
        left: 0
      }));
    }
  }
  return sizes.map(size => ({
    picture: size,
    resized: size,
    input: size,
    top: 0,
    left: 0
  }));
}
