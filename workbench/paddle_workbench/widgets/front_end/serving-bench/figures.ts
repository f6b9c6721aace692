import type { BenchRow } from './bench-traits';

/** What runs are compared by; of some the largest is the best. */
export type Figure =
  'per_second' | 'p50' | 'p95' | 'p99' | 'errors' | 'batch' | 'memory';

export const FIGURES: readonly Figure[] = [
  'per_second',
  'p50',
  'p95',
  'p99',
  'errors',
  'batch',
  'memory'
];

const LATENCIES: ReadonlySet<Figure> = new Set(['p50', 'p95', 'p99']);

/** How much worse than the best counts as equal: less than what repeated runs differ by. */
const EQUAL = 0.01;

const MIB = 2 ** 20;

/** Return a figure of a run; null if it is not known. */
export function figureOf({ result }: BenchRow, figure: Figure): number | null {
  const { latency, server } = result;
  switch (figure) {
    case 'per_second':
      return result.per_second;
    case 'p50':
      return latency?.p50_ms ?? null;
    case 'p95':
      return latency?.p95_ms ?? null;
    case 'p99':
      return latency?.p99_ms ?? null;
    case 'errors':
      return sum(Object.values(result.errors));
    case 'batch':
      return server && server.batches > 0
        ? server.inputs / server.batches
        : null;
    case 'memory': {
      const bytes = Object.values(server?.memory_bytes ?? {});
      return bytes.length > 0 ? sum(bytes) / MIB : null;
    }
  }
}

/**
 * Return the numbers of the runs that are best in a figure, among those with the same load: what
 * answers ten requests a second quickly is not better than what answers a hundred. Latencies are
 * compared of runs without errors: rejecting the others makes those that are answered faster.
 */
export function bestIn(
  rows: readonly BenchRow[],
  figure: Figure
): ReadonlySet<number> {
  const best = new Set<number>();
  if (figure === 'batch') {
    return best; // a larger batch is a means
  }
  for (const group of byLoad(rows)) {
    const compared = LATENCIES.has(figure)
      ? group.filter(row => figureOf(row, 'errors') === 0)
      : group;
    const values = compared.map(row => [row, figureOf(row, figure)] as const);
    const known = values.flatMap(([, value]) => value ?? []);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    if (known.length < 2 || high - low <= EQUAL * high) {
      continue;
    }
    for (const [row, value] of values) {
      if (value === null) {
        continue;
      }
      const isBest =
        figure === 'per_second'
          ? value >= high * (1 - EQUAL)
          : value <= low * (1 + EQUAL);
      if (isBest) {
        best.add(row.number);
      }
    }
  }
  return best;
}

function byLoad(rows: readonly BenchRow[]): BenchRow[][] {
  const groups = new Map<string, BenchRow[]>();
  for (const row of rows) {
    if (!row.result.is_complete) {
      continue;
    }
    const { arrivals, rate, clients, size } = row.result.plan;
    const key = [arrivals, rate, clients, size].join();
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Return a number with three digits that count, and no fraction from a hundred on. */
export function brief(value: number): string {
  if (value === 0) {
    return '0';
  }
  return Math.abs(value) >= 100
    ? String(Math.round(value))
    : String(Number(value.toPrecision(3)));
}
