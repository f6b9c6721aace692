import type { CompressionTry } from '../../../../src/contract/compression';
import type { Cost } from './lens-traits';

/** A try with a place in the picture. */
export interface IPoint {
  readonly entry: CompressionTry;
  readonly cost: number;
  readonly worth: number;
}

/** The accuracy, or without a truth the share of decisions that stay the same. */
export function worthOf(
  entry: Pick<CompressionTry, 'accuracy' | 'changed_decisions' | 'decisions'>,
  hasTruth: boolean
): number | null {
  if (hasTruth) {
    return entry.accuracy;
  }
  const { changed_decisions: changed, decisions } = entry;
  return changed === null || !decisions ? null : 1 - changed / decisions;
}

export function costOf(entry: CompressionTry, cost: Cost): number | null {
  return cost === 'size' ? entry.size_bytes : entry.latency_ms;
}

/** The tries that have both a cost and a worth. */
export function pointsOf(
  tries: readonly CompressionTry[],
  cost: Cost,
  hasTruth: boolean
): readonly IPoint[] {
  return tries.flatMap((entry): IPoint[] => {
    const [paid, worth] = [costOf(entry, cost), worthOf(entry, hasTruth)];
    return paid === null || worth === null
      ? []
      : [{ entry, cost: paid, worth }];
  });
}

/** The points of which no other is better in one respect and as good in the other; cheapest first. */
export function frontOf(points: readonly IPoint[]): readonly IPoint[] {
  const front: IPoint[] = [];
  const sorted = [...points].sort(
    (one, other) => one.cost - other.cost || other.worth - one.worth
  );
  for (const point of sorted) {
    if (point.worth > (front.at(-1)?.worth ?? -Infinity)) {
      front.push(point);
    }
  }
  return front;
}
