import type { Lineage } from './lineage';
import type { ProgramData } from './program-data';

/** A change that a pass made, once or several times in the same way. */
export interface IChange {
  readonly kind: 'fused' | 'removed' | 'added' | 'moved';
  /** Names of the ops it replaced, and of the op it made. */
  readonly from: readonly string[];
  readonly to: string;
  /** Ids in the previous stage for removed ops, else in the stage itself. */
  readonly ids: readonly number[];
  readonly isCertain: boolean;
}

/** What the pass of a stage changed, the most frequent first. */
export function changesOf(
  data: ProgramData,
  lineage: Lineage,
  stage: number
): IChange[] {
  const { columns } = data;
  const changes = new Map<string, IChange & { ids: number[] }>();
  const put = (change: Omit<IChange, 'ids'>, id: number): void => {
    const { kind, from, to } = change;
    const key = [kind, ...from, to, String(change.isCertain)].join(' ');
    const entry = changes.get(key) ?? { ...change, ids: [] };
    entry.ids.push(id);
    changes.set(key, entry);
  };
  const nameIn = (at: number, id: number): string => {
    const row = lineage.rowOf(at, id);
    return row === undefined ? '?' : data.opKind(row);
  };
  const merged = new Set<number>();
  const added = new Set(columns.ints(`added_${stage}`));
  const rebuilt = columns
    .ints(`lineage_${stage}`)
    .filter((_, at) => at % 3 === 0);
  for (const id of new Set([...added, ...rebuilt])) {
    const origins = [...lineage.before(stage, id)];
    const from = origins.map(([origin]) => nameIn(stage - 1, origin)).sort();
    origins.forEach(([origin]) => merged.add(origin));
    const isCertain = origins.every(([, isSure]) => isSure);
    const kind = from.length > 0 ? 'fused' : 'added';
    put({ kind, from, to: nameIn(stage, id), isCertain }, id);
  }
  for (const id of columns.ints(`removed_${stage}`)) {
    if (!merged.has(id)) {
      const to = nameIn(stage - 1, id);
      put({ kind: 'removed', from: [], to, isCertain: true }, id);
    }
  }
  for (const id of columns.ints(`moved_${stage}`)) {
    const to = nameIn(stage, id);
    put({ kind: 'moved', from: [], to, isCertain: true }, id);
  }
  return [...changes.values()].sort((a, b) => b.ids.length - a.ids.length);
}
