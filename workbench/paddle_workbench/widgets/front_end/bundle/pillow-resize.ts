/** A picture in RGB, one byte for each channel, row by row. */
export interface IPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Weights are integers with this number of bits behind the point, as in Pillow. */
const BITS = 22;
const CHANNELS = 3;

/** For each place of the result the first place of the source, and the weights from there. */
interface IWeights {
  readonly starts: Int32Array;
  readonly weights: readonly Int32Array[];
}

/**
 * Resize a picture as Pillow 13 does with `Resampling.BILINEAR`, to the last bit: a triangle as wide
 * as the reduction, rounded to bytes between the two directions. Rows come first, unless the height
 * is reduced by much more than the width (python-pillow/Pillow#9549).
 */
export function resize(
  picture: IPicture,
  width: number,
  height: number
): IPicture {
  const lost = picture.height - height;
  return lost > 0 && lost > 2 * (picture.width - width)
    ? inWidth(inHeight(picture, height), width)
    : inHeight(inWidth(picture, width), height);
}

function inWidth(picture: IPicture, width: number): IPicture {
  return width === picture.width
    ? picture
    : resizeRows(picture, triangle(picture.width, width), width);
}

function inHeight(picture: IPicture, height: number): IPicture {
  return height === picture.height
    ? picture
    : resizeColumns(picture, triangle(picture.height, height), height);
}

function triangle(size: number, newSize: number): IWeights {
  const scale = size / newSize;
  const reduction = Math.max(scale, 1);
  const starts = new Int32Array(newSize);
  const weights = Array.from(starts, (_, place) => {
    const centre = (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - reduction + 0.5));
    const end = Math.min(size, Math.trunc(centre + reduction + 0.5));
    starts[place] = start;
    const exact = Array.from({ length: end - start }, (_, at) =>
      Math.max(0, 1 - Math.abs((at + start - centre + 0.5) * (1 / reduction)))
    );
    const sum = exact.reduce((total, weight) => total + weight, 0);
    return Int32Array.from(exact, weight =>
      Math.trunc((sum === 0 ? weight : weight / sum) * 2 ** BITS + 0.5)
    );
  });
  return { starts, weights };
}

function resizeRows(
  { rgb, width: oldWidth, height }: IPicture,
  { starts, weights }: IWeights,
  width: number
): IPicture {
  const result = new Uint8ClampedArray(width * height * CHANNELS);
  for (let x = 0; x < width; x++) {
    const row = weights[x] ?? new Int32Array();
    for (let y = 0; y < height; y++) {
      const from = (y * oldWidth + (starts[x] ?? 0)) * CHANNELS;
      const to = (y * width + x) * CHANNELS;
      blend(rgb, from, CHANNELS, row, result, to);
    }
  }
  return { width, height, rgb: new Uint8Array(result.buffer) };
}

function resizeColumns(
  { rgb, width }: IPicture,
  { starts, weights }: IWeights,
  height: number
): IPicture {
  const result = new Uint8ClampedArray(width * height * CHANNELS);
  const stride = width * CHANNELS;
  for (let y = 0; y < height; y++) {
    const column = weights[y] ?? new Int32Array();
    for (let x = 0; x < width; x++) {
      const from = (starts[y] ?? 0) * stride + x * CHANNELS;
      blend(rgb, from, stride, column, result, y * stride + x * CHANNELS);
    }
  }
  return { width, height, rgb: new Uint8Array(result.buffer) };
}

function blend(
  source: Uint8Array,
  from: number,
  step: number,
  weights: Int32Array,
  target: Uint8ClampedArray,
  to: number
): void {
  for (let channel = 0; channel < CHANNELS; channel++) {
    let sum = 2 ** (BITS - 1);
    for (let at = 0; at < weights.length; at++) {
      sum += (source[from + at * step + channel] ?? 0) * (weights[at] ?? 0);
    }
    target[to + channel] = sum >> BITS;
  }
}
