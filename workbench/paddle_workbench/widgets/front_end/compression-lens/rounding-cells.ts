import type {
  IntegerGrid,
  ValueHistogram
} from '../../../../src/contract/compression';
import { roundHalfToEven } from '../bundle/rounding';

/** One scale with its whole numbers. */
export interface ILevels {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly lowest: number;
  readonly highest: number;
}

/** The levels of a grid; of one with a scale for each channel those of the largest. */
export function levelsOf(grid: IntegerGrid): ILevels {
  const at = grid.scales.reduce<number>(
    (best, scale, place) => (scale > (grid.scales[best] ?? 0) ? place : best),
    0
  );
  return {
    scale: grid.scales[at] ?? 1,
    zeroPoint: grid.zero_points[at] ?? 0,
    lowest: grid.lowest,
    highest: grid.highest
  };
}

/** The smallest and the largest value that a grid has. */
export function rangeOf({
  scale,
  zeroPoint,
  lowest,
  highest
}: ILevels): readonly [number, number] {
  return [(lowest - zeroPoint) * scale, (highest - zeroPoint) * scale];
}

/** The value of the grid that is nearest. */
export function nearest(value: number, levels: ILevels): number {
  const { scale, zeroPoint, lowest, highest } = levels;
  const whole = roundHalfToEven(value / scale) + zeroPoint;
  return (Math.min(highest, Math.max(lowest, whole)) - zeroPoint) * scale;
}

/** How many values of a histogram are rounded to each level, by its whole number. */
export function countsByLevel(
  { edges, counts }: ValueHistogram,
  { scale, zeroPoint, lowest, highest }: ILevels
): ReadonlyMap<number, number> {
  const result = new Map<number, number>();
  const within = (whole: number): number =>
    Math.min(highest, Math.max(lowest, whole));
  counts.forEach((count, bin) => {
    const [low = 0, high = 0] = edges.slice(bin, bin + 2);
    const first = within(roundHalfToEven(low / scale) + zeroPoint);
    const last = within(roundHalfToEven(high / scale) + zeroPoint);
    for (let whole = first; whole <= last; whole++) {
      // The ends take all that lies beyond them.
      const below = (whole - zeroPoint - 0.5) * scale;
      const from = whole === lowest ? low : Math.max(low, below);
      const to = whole === highest ? high : Math.min(high, below + scale);
      const share = Math.max(0, to - from) / (high - low);
      if (count > 0 && share > 0) {
        result.set(whole, (result.get(whole) ?? 0) + count * share);
      }
    }
  });
  return result;
}
