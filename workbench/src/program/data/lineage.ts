import type { ProgramData } from './program-data';

/** Op ids, and whether each is certain. */
export type Ids = ReadonlyMap<number, boolean>;

interface IStep {
  /** From an op of this stage to those of the previous stage. */
  readonly back: ReadonlyMap<number, Ids>;
  /** From an op of the previous stage to those of this stage. */
  readonly forth: ReadonlyMap<number, Ids>;
  readonly added: ReadonlySet<number>;
}

/**
 * What each op became, and where it came from, through all stages.
 */
export class Lineage {
  constructor(data: ProgramData) {
    this._data = data;
  }

  /** The row of an op in a stage; undefined if the stage does not have it. */
  rowOf(stage: number, id: number): number | undefined {
    let rows = this._rows.get(stage);
    if (!rows) {
      rows = new Map(
        Array.from(this._data.rows(stage), row => [
          this._data.opId[row] ?? -1,
          row
        ])
      );
      this._rows.set(stage, rows);
    }
    return rows.get(id);
  }

  /** The ops of the previous stage that an op came from; empty if it is new. */
  before(stage: number, id: number): Ids {
    const { back, added } = this._step(stage);
    return back.get(id) ?? (added.has(id) ? NONE : new Map([[id, true]]));
  }

  /** What an op of the previous stage became; empty if it was removed without a replacement. */
  after(stage: number, id: number): Ids {
    const { back, forth, added } = this._step(stage);
    const successors = new Map(forth.get(id));
    const isKept = !back.has(id) && !added.has(id);
    if (isKept && this.rowOf(stage, id) !== undefined) {
      successors.set(id, true);
    }
    return successors;
  }

  /** The ops of the traced program that ops of a stage came from. */
  origins(stage: number, ids: Iterable<number>): Map<number, boolean> {
    let origins = new Map<number, boolean>();
    for (const id of ids) {
      origins.set(id, true);
    }
    for (let at = stage; at > 0; at--) {
      origins = follow(origins, id => this.before(at, id));
    }
    return origins;
  }

  /** What ops of the traced program became in a stage. */
  descendants(stage: number, traced: Ids): Map<number, boolean> {
    let descendants = new Map(traced);
    for (let at = 1; at <= stage; at++) {
      descendants = follow(descendants, id => this.after(at, id));
    }
    return descendants;
  }

  private _step(stage: number): IStep {
    const cached = this._steps.get(stage);
    if (cached) {
      return cached;
    }
    const { columns } = this._data;
    const triples = columns.ints(`lineage_${stage}`);
    const back = new Map<number, Map<number, boolean>>();
    const forth = new Map<number, Map<number, boolean>>();
    const put = (
      map: Map<number, Map<number, boolean>>,
      key: number
    ): Map<number, boolean> => {
      const entry = map.get(key) ?? new Map<number, boolean>();
      map.set(key, entry);
      return entry;
    };
    for (let at = 0; at < triples.length; at += 3) {
      const id = triples[at] ?? -1;
      const origin = triples[at + 1] ?? -1;
      const isCertain = triples[at + 2] === 1;
      const origins = put(back, id);
      if (origin >= 0) {
        origins.set(origin, isCertain);
        put(forth, origin).set(id, isCertain);
      }
    }
    const step = {
      back,
      forth,
      added: new Set(columns.ints(`added_${stage}`))
    };
    this._steps.set(stage, step);
    return step;
  }

  private readonly _data: ProgramData;
  private readonly _rows = new Map<number, Map<number, number>>();
  private readonly _steps = new Map<number, IStep>();
}

const NONE: Ids = new Map();

/** Follow each op by one step; the result is certain if any path to it is. */
function follow(ids: Ids, next: (id: number) => Ids): Map<number, boolean> {
  const result = new Map<number, boolean>();
  for (const [id, isCertain] of ids) {
    for (const [to, isStepCertain] of next(id)) {
      result.set(to, result.get(to) === true || (isCertain && isStepCertain));
    }
  }
  return result;
}
