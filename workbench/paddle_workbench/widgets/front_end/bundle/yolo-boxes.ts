import type { YoloBoxes } from '../../../../src/contract/bundle';
import type { IPlacement, Size } from './placement';
import { sorted, suppress } from './suppression';
import type { Corners, IDetection } from './suppression';
import { numbersOf } from './tensor';
import type { ITensor } from './tensor';

/** Numbers of an anchor that are not classes: centre, size, and whether there is a thing. */
const PARTS = 5;

/**
 * Return what is seen in each picture of a batch, as `export/box_steps.py` does.
 *
 * @param placements - where the pictures lie in the input; without them boxes are in its pixels
 */
export function detected(
  outputs: readonly ITensor[],
  step: YoloBoxes,
  labels: number,
  placements?: readonly IPlacement[]
): IDetection[][] {
  const heads = outputs.map(output => ({
    ...output,
    values: numbersOf(output)
  }));
  const [, , rows = 0, columns = 0] = heads[0]?.shape ?? [];
  const [stride = 1] = step.strides;
  const input = placements?.[0]?.input ?? [rows * stride, columns * stride];
  const batch = heads[0]?.shape[0] ?? 0;
  step.anchors.forEach((anchors, scale) => {
    check(
      heads[scale]?.shape ?? [],
      anchors.length,
      labels,
      input,
      step,
      scale
    );
  });
  return Array.from({ length: batch }, (_, row) => {
    const candidates = heads.flatMap(({ shape, values }, scale) => {
      const size = values.length / batch;
      const own = values.subarray(row * size, (row + 1) * size);
      return candidatesOf(own, shape, step, labels, scale);
    });
    const placement = placements?.[row];
    const seen = sorted(candidates);
    return suppress(
      placement === undefined ? seen : placed(seen, placement),
      step
    );
  });
}

/** Return the candidates of one scale of one picture: by anchor, then row by row. */
function candidatesOf(
  values: Float64Array,
  [, , rows = 0, columns = 0]: readonly number[],
  { anchors, strides, threshold }: YoloBoxes,
  labels: number,
  scale: number
): IDetection[] {
  const stride = strides[scale] ?? 1;
  const cells = rows * columns;
  const candidates: IDetection[] = [];
  anchors[scale]?.forEach(([width, height], anchor) => {
    const start = anchor * (PARTS + labels) * cells;
    for (let cell = 0; cell < cells; cell++) {
      const part = (number: number): number =>
        values[start + number * cells + cell] ?? 0;
      const objectness = sigmoid(part(PARTS - 1));
      if (!(objectness >= threshold)) {
        continue;
      }
      const x = (sigmoid(part(0)) + (cell % columns)) * stride;
      const y = (sigmoid(part(1)) + Math.floor(cell / columns)) * stride;
      const halfWidth = (Math.exp(part(2)) * Number(width)) / 2;
      const halfHeight = (Math.exp(part(3)) * Number(height)) / 2;
      const corners: Corners = [
        Math.fround(x - halfWidth),
        Math.fround(y - halfHeight),
        Math.fround(x + halfWidth),
        Math.fround(y + halfHeight)
      ];
      for (let kind = 0; kind < labels; kind++) {
        const score = objectness * sigmoid(part(PARTS + kind));
        if (score >= threshold) {
          candidates.push({ corners, score: Math.fround(score), kind });
        }
      }
    }
  });
  return candidates;
}

/** Return detections in pixels of the picture, cut at its edges, without those that lie outside. */
function placed(
  detections: readonly IDetection[],
  { picture, resized, top, left }: IPlacement
): IDetection[] {
  const [height, width] = picture;
  const move = (value: number, start: number, axis: 0 | 1): number => {
    const end = axis === 0 ? height : width;
    const moved = (value - start) * (picture[axis] / resized[axis]);
    return Math.fround(Math.min(Math.max(moved, 0), end));
  };
  return detections
    .map(({ corners: [x1, y1, x2, y2], ...rest }) => ({
      ...rest,
      corners: [
        move(x1, left, 1),
        move(y1, top, 0),
        move(x2, left, 1),
        move(y2, top, 0)
      ] as const
    }))
    .filter(({ corners: [x1, y1, x2, y2] }) => x2 > x1 && y2 > y1);
}

function check(
  shape: readonly number[],
  anchors: number,
  labels: number,
  [height, width]: Size,
  { strides }: YoloBoxes,
  scale: number
): void {
  const stride = strides[scale] ?? 1;
  const wanted = [anchors * (PARTS + labels), height / stride, width / stride];
  if (shape.slice(1).join() !== wanted.join()) {
    throw new Error(
      `An output has the shape (${shape.join(', ')}), and the anchors, labels and strides make ` +
        `(${[shape[0], ...wanted].join(', ')}).`
    );
  }
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
