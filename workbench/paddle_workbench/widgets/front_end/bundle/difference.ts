import { numbersOf } from './tensor';
import type { ITensor } from './tensor';

/** Tolerances as in `program/passes/comparison.py`. */
const HALF_TOLERANCE = 3e-2;
const HALF = ['bfloat16', 'float16'];

/** How far outputs are from those of the eager network. */
export interface IDifference {
  /** The largest, relative to the largest value of the same output; infinite if none is defined. */
  readonly size: number;
  readonly isEqual: boolean;
}

/**
 * Compare the outputs of a sample, as `export/parity.py` does.
 *
 * @param dtypes - of the outputs in the program
 */
export function compare(
  results: readonly ITensor[],
  expected: readonly ITensor[],
  dtypes: readonly string[],
  tolerance: number
): IDifference {
  if (results.length !== expected.length) {
    return { size: Infinity, isEqual: false };
  }
  let size = 0;
  let isEqual = true;
  results.forEach((result, place) => {
    const one = relativeDifference(result, expected[place] ?? result);
    const isHalf = HALF.includes(dtypes[place] ?? '');
    size = Math.max(size, one);
    isEqual &&= one <= (isHalf ? HALF_TOLERANCE : tolerance);
  });
  return { size, isEqual };
}

function relativeDifference(result: ITensor, expected: ITensor): number {
  if (result.shape.join() !== expected.shape.join()) {
    return Infinity;
  }
  const values = numbersOf(result);
  const others = numbersOf(expected);
  let gap = 0;
  let scale = 0;
  values.forEach((value, at) => {
    const other = others[at] ?? NaN;
    if (Number.isFinite(other)) {
      scale = Math.max(scale, Math.abs(other));
    }
    if (!Object.is(value, other) && value !== other) {
      const difference = Math.abs(value - other);
      gap = Math.max(gap, Number.isNaN(difference) ? Infinity : difference);
    }
  });
  return gap / (scale === 0 ? 1 : scale);
}
