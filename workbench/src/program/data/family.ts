import type { Line } from './columns';
import type { Lineage } from './lineage';
import type { ProgramData } from './program-data';

/** What the pointer or the keys are at: ops, or a line of code. */
export type Target =
  | {
      readonly kind: 'ops';
      readonly stage: number;
      readonly ids: readonly number[];
    }
  | { readonly kind: 'line'; readonly file: string; readonly line: number };

/**
 * Everything related to a target: where it came from and what it became.
 */
export interface IFamily {
  /** Ops of the traced program, and whether that is certain. */
  readonly traced: ReadonlyMap<number, boolean>;
  /** Source lines by `lineKey`, and whether that is certain. */
  readonly lines: ReadonlyMap<string, boolean>;
}

export function lineKey([file, line]: Line): string {
  return `${file}:${line}`;
}

/**
 * Finds families in one program.
 */
export class Families {
  constructor(data: ProgramData, lineage: Lineage) {
    this._data = data;
    this._lineage = lineage;
  }

  of(target: Target): IFamily {
    if (target.kind === 'line') {
      const traced = this._opsOfLine(lineKey([target.file, target.line]));
      const lines = new Map([[lineKey([target.file, target.line]), true]]);
      return { traced, lines };
    }
    const traced = this._lineage.origins(target.stage, target.ids);
    const lines = new Map<string, boolean>();
    for (const [id, isCertain] of traced) {
      const row = this._lineage.rowOf(0, id);
      const line = row === undefined ? null : this._data.line(row);
      if (row !== undefined && line) {
        const key = lineKey(line);
        const isSure = isCertain && this._data.isLineCertain(row);
        lines.set(key, isSure || lines.get(key) === true);
      }
    }
    return { traced, lines };
  }

  /** Rows of a stage that belong to a family, and whether that is certain. */
  rowsIn(stage: number, family: IFamily): Map<number, boolean> {
    const rows = new Map<number, boolean>();
    const ids = this._lineage.descendants(stage, family.traced);
    for (const [id, isCertain] of ids) {
      const row = this._lineage.rowOf(stage, id);
      if (row !== undefined) {
        rows.set(row, isCertain);
      }
    }
    return rows;
  }

  /** Traced ops that a line made, directly or through a call. */
  private _opsOfLine(key: string): Map<number, boolean> {
    if (!this._byLine) {
      this._byLine = new Map();
      for (const row of this._data.rows(0)) {
        const id = this._data.opId[row] ?? -1;
        const isCertain = this._data.isLineCertain(row);
        for (const line of this._data.stack(row)) {
          const at = lineKey(line);
          const ids = this._byLine.get(at) ?? new Map<number, boolean>();
          this._byLine.set(at, ids.set(id, isCertain));
        }
      }
    }
    return new Map(this._byLine.get(key));
  }

  private readonly _data: ProgramData;
  private readonly _lineage: Lineage;
  private _byLine: Map<string, Map<number, boolean>> | null = null;
}
