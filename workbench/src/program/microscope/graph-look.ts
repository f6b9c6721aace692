import type { ILook } from '../scene/scene-painter';
import type { MicroscopeModel } from './microscope-model';

/**
 * The current look of the boxes in the model's scene.
 */
export class GraphLook implements ILook {
  constructor(
    private readonly _model: MicroscopeModel,
    private readonly _opCount: (count: number) => string
  ) {
    this.refresh();
  }

  lit: ReadonlyMap<number, boolean> = new Map();
  added: ReadonlySet<number> = new Set();
  hovered = -1;
  focused = -1;
  boxes: Float64Array | null = null;
  lineAlpha = 1;

  /** Update after a change of the scene or its stage. */
  refresh(): void {
    const { data, index, marked, stage } = this._model;
    this.hovered = -1;
    this._heat = new Float64Array(index?.scene.child.length ?? 0);
    const added = new Set<number>();
    if (index) {
      const { boxOfRow } = index.scene;
      const flops = data.columns.numbers('flops');
      for (const row of data.rows(stage)) {
        const box = boxOfRow[row] ?? -1;
        const cost = flops[row] ?? Number.NaN;
        if (box >= 0 && cost > 0) {
          this._heat[box] = (this._heat[box] ?? 0) + cost;
        }
        if (box >= 0 && marked.has(row)) {
          added.add(box);
        }
      }
      const most = this._heat.reduce((a, b) => Math.max(a, b), 0);
      this._heat = this._heat.map(cost => (most > 0 ? cost / most : 0));
      for (const id of data.columns.ints(`added_${stage}`)) {
        const row = this._model.lineage.rowOf(stage, id);
        const box = row === undefined ? -1 : (boxOfRow[row] ?? -1);
        if (box >= 0) {
          added.add(box);
        }
      }
    }
    this.added = added;
    this.refreshLit();
  }

  /** Update after a change of what is lit up. */
  refreshLit(): void {
    const { families, family, index, stage } = this._model;
    const lit = new Map<number, boolean>();
    if (family && index) {
      for (const [row, isCertain] of families.rowsIn(stage, family)) {
        const box = index.scene.boxOfRow[row] ?? -1;
        if (box >= 0) {
          lit.set(box, isCertain || lit.get(box) === true);
        }
      }
    }
    this.lit = lit;
  }

  title(box: number): string {
    const scene = this._model.index?.scene;
    const child = scene?.child[box] ?? 0;
    return child >= 0
      ? this._model.data.opKind(child)
      : (scene?.groups[~child]?.name ?? '');
  }

  subtitle(box: number): string {
    const scene = this._model.index?.scene;
    const child = scene?.child[box] ?? 0;
    return this._opCount(scene?.groups[~child]?.size ?? 0);
  }

  heat(box: number): number {
    return this._heat[box] ?? 0;
  }

  private _heat = new Float64Array(0);
}
