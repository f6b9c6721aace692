import type { ProgramData } from './program-data';

/** If more ops than this are left after a common start and end, only their kinds are compared. */
const MOST_COMPARED = 3_000;

export interface IKindDifference {
  readonly kind: string;
  readonly before: number;
  readonly after: number;
}

/**
 * The difference between two programs, op by op in the order they run.
 */
export interface IDifference {
  /** Rows of each program without a counterpart in the other. */
  readonly onlyBefore: ReadonlySet<number>;
  readonly onlyAfter: ReadonlySet<number>;
  /** Kinds whose number differs, the largest difference first. */
  readonly kinds: readonly IKindDifference[];
}

/** Compare the last stages of two programs. */
export function differenceOf(
  before: ProgramData,
  after: ProgramData
): IDifference {
  const a = shownRows(before);
  const b = shownRows(after);
  const isSame = (i: number, j: number): boolean =>
    before.opKind(a[i] ?? 0) === after.opKind(b[j] ?? 0);
  let start = 0;
  while (start < a.length && start < b.length && isSame(start, start)) {
    start++;
  }
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    isSame(a.length - 1 - end, b.length - 1 - end)
  ) {
    end++;
  }
  const left = a.slice(start, a.length - end);
  const right = b.slice(start, b.length - end);
  const kinds = kindDifferences(before, a, after, b);
  const common =
    Math.max(left.length, right.length) <= MOST_COMPARED
      ? longestCommon(
          left.map(row => before.opKind(row)),
          right.map(row => after.opKind(row))
        )
      : [];
  const commonBefore = new Set(common.map(([i]) => i));
  const commonAfter = new Set(common.map(([, j]) => j));
  return {
    onlyBefore: new Set(left.filter((_, at) => !commonBefore.has(at))),
    onlyAfter: new Set(right.filter((_, at) => !commonAfter.has(at))),
    kinds
  };
}

/** Return the positions of a longest common subsequence of two lists. */
export function longestCommon(
  a: readonly string[],
  b: readonly string[]
): [number, number][] {
  const width = b.length + 1;
  const lengths = new Int32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(
              lengths[(i + 1) * width + j] ?? 0,
              lengths[i * width + j + 1] ?? 0
            );
    }
  }
  const positions: [number, number][] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const below = lengths[(i + 1) * width + j] ?? 0;
    const right = lengths[i * width + j + 1] ?? 0;
    if (a[i] === b[j]) {
      positions.push([i++, j++]);
    } else if (below >= right) {
      i++;
    } else {
      j++;
    }
  }
  return positions;
}

function shownRows(data: ProgramData): number[] {
  const rows = data.rows(Math.max(0, data.stageCount - 1));
  return Array.from(rows).filter(row => !data.isConstant(row));
}

function kindDifferences(
  before: ProgramData,
  a: readonly number[],
  after: ProgramData,
  b: readonly number[]
): IKindDifference[] {
  const counts = new Map<string, [number, number]>();
  const count = (kind: string, side: 0 | 1): void => {
    const pair = counts.get(kind) ?? [0, 0];
    pair[side]++;
    counts.set(kind, pair);
  };
  a.forEach(row => {
    count(before.opKind(row), 0);
  });
  b.forEach(row => {
    count(after.opKind(row), 1);
  });
  return Array.from(counts, ([kind, [one, two]]) => ({
    kind,
    before: one,
    after: two
  }))
    .filter(entry => entry.before !== entry.after)
    .sort(
      (x, y) => Math.abs(y.after - y.before) - Math.abs(x.after - x.before)
    );
}
