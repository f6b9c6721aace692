import type { IPicture } from './pillow-resize';
import { roundHalfToEven } from './rounding';

/** Weights are integers with this number of bits behind the point, as in OpenCV. */
const BITS = 11;
const CHANNELS = 3;

/** For each place of the result the first of two places of the source, and their weights. */
interface INeighbours {
  readonly starts: Int32Array;
  readonly weights: readonly (readonly [number, number])[];
}

/**
 * Resize a picture as OpenCV does with `INTER_LINEAR`, to the last bit: two places in each
 * direction, however much smaller the result is, except for exactly half the size.
 */
export function resizeLinear(
  picture: IPicture,
  width: number,
  height: number
): IPicture {
  if (picture.width === 2 * width && picture.height === 2 * height) {
    return halved(picture);
  }
  const { rgb, width: oldWidth, height: oldHeight } = picture;
  const columns = atEdges(neighbours(oldWidth, width), oldWidth);
  const rows = neighbours(oldHeight, height);
  const stride = width * CHANNELS;
  const wide = new Int32Array(stride * oldHeight);
  for (let y = 0; y < oldHeight; y++) {
    for (let x = 0; x < width; x++) {
      const start = columns.starts[x] ?? 0;
      const [first, second] = columns.weights[x] ?? [0, 0];
      const from = (y * oldWidth + start) * CHANNELS;
      const next = start + 1 < oldWidth ? CHANNELS : 0;
      for (let channel = 0; channel < CHANNELS; channel++) {
        wide[y * stride + x * CHANNELS + channel] =
          (rgb[from + channel] ?? 0) * first +
          (rgb[from + next + channel] ?? 0) * second;
      }
    }
  }
  const result = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const start = rows.starts[y] ?? 0;
    const [first, second] = rows.weights[y] ?? [0, 0];
    const upper = clip(start, oldHeight) * stride;
    const lower = clip(start + 1, oldHeight) * stride;
    for (let at = 0; at < stride; at++) {
      const above = (first * ((wide[upper + at] ?? 0) >> 4)) >> 16;
      const below = (second * ((wide[lower + at] ?? 0) >> 4)) >> 16;
      result[y * stride + at] = (above + below + 2) >> 2;
    }
  }
  return { width, height, rgb: result };
}

function neighbours(size: number, newSize: number): INeighbours {
  const scale = 1 / (newSize / size);
  const starts = new Int32Array(newSize);
  const weights = Array.from(starts, (_, place) => {
    const centre = Math.fround((place + 0.5) * scale - 0.5);
    const start = Math.floor(centre);
    const part = Math.fround(centre - start);
    starts[place] = start;
    return [whole(Math.fround(1 - part)), whole(part)] as const;
  });
  return { starts, weights };
}

/** OpenCV repeats the outermost columns, but keeps the weights of the outermost rows. */
function atEdges({ starts, weights }: INeighbours, size: number): INeighbours {
  return {
    starts: starts.map(start => clip(start, size)),
    weights: weights.map((pair, place) => {
      const start = starts[place] ?? 0;
      return start < 0 || start >= size - 1 ? [2 ** BITS, 0] : pair;
    })
  };
}

function whole(part: number): number {
  return roundHalfToEven(part * 2 ** BITS);
}

function clip(place: number, size: number): number {
  return Math.min(Math.max(place, 0), size - 1);
}

function halved({
  rgb,
  width: oldWidth,
  height: oldHeight
}: IPicture): IPicture {
  const [width, height] = [oldWidth / 2, oldHeight / 2];
  const result = new Uint8Array(width * height * CHANNELS);
  const stride = oldWidth * CHANNELS;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < CHANNELS; channel++) {
        const from = 2 * (y * stride + x * CHANNELS) + channel;
        const places = [from, from + CHANNELS, from + stride];
        const sum = [...places, from + stride + CHANNELS].reduce(
          (total, place) => total + (rgb[place] ?? 0),
          0
        );
        result[(y * width + x) * CHANNELS + channel] = (sum + 2) >> 2;
      }
    }
  }
  return { width, height, rgb: result };
}
