import type { Child, LayerTree } from './layer-tree';
import { ROOT } from './layer-tree';
import type { ProgramData } from './program-data';

/** What an edge inside a group ends at: a child, or the border of the group. */
export enum EndKind {
  Child = 0,
  Entry = 1,
  Exit = 2
}

/** An edge inside an open group, between its children or its border. */
export interface IInnerEdge {
  readonly from: Child;
  readonly fromKind: EndKind;
  readonly to: Child;
  readonly toKind: EndKind;
  /** The edge of the whole graph that it is a part of. */
  readonly edge: number;
}

/** An edge of the whole graph: data flows from one visible op or group to another. */
export interface IVisibleEdge {
  readonly from: Child;
  readonly to: Child;
}

/**
 * The graph with some groups open: the visible ops and groups, and the edges between them.
 */
export class FoldedGraph {
  constructor(
    data: ProgramData,
    stage: number,
    tree: LayerTree,
    open: ReadonlySet<string>
  ) {
    this.tree = tree;
    this._isOpen = Uint8Array.from(tree.groups, group =>
      open.has(group.key) ? 1 : 0
    );
    this._isOpen[ROOT] = 1;
    this._findShown();
    this._connect(data, data.rows(stage));
  }

  readonly tree: LayerTree;
  readonly edges: IVisibleEdge[] = [];
  /** The edges inside each open group. */
  readonly inner = new Map<number, IInnerEdge[]>();

  isOpen(group: number): boolean {
    return this._isOpen[group] === 1;
  }

  /** What shows an op: itself, or the group it is folded into; null if it is not in the stage. */
  shownFor(row: number): Child | null {
    const group = this.tree.groupOfRow[row] ?? -1;
    if (group < 0) {
      return null;
    }
    const folded = this._shownGroup[group] ?? -1;
    if (folded >= 0) {
      return ~folded;
    }
    return this.tree.group(group).row === row ? ~group : row;
  }

  /** By group: the outermost closed group around it or itself; -1 if all are open. */
  private _findShown(): void {
    const { groups } = this.tree;
    this._shownGroup = new Int32Array(groups.length).fill(-1);
    const visit = (index: number, folded: number): void => {
      const now = folded >= 0 ? folded : this.isOpen(index) ? -1 : index;
      this._shownGroup[index] = now;
      for (const child of this.tree.group(index).children) {
        if (child < 0) {
          visit(~child, now);
        }
      }
    };
    visit(ROOT, -1);
  }

  private _connect(data: ProgramData, rows: Int32Array): void {
    const producers = new Map<number, number>();
    for (const row of rows) {
      const end = data.outputsStart[row + 1] ?? 0;
      for (let at = data.outputsStart[row] ?? 0; at < end; at++) {
        producers.set(data.outputs[at] ?? -1, row);
      }
    }
    const offset = this.tree.groups.length;
    const scale = offset + data.opId.length;
    const seen = new Set<number>();
    for (const row of rows) {
      const to = this.shownFor(row);
      if (to === null) {
        continue;
      }
      const end = data.inputsStart[row + 1] ?? 0;
      for (let at = data.inputsStart[row] ?? 0; at < end; at++) {
        const producer = producers.get(data.inputs[at] ?? -1);
        const from = producer === undefined ? null : this.shownFor(producer);
        if (from === null || from === to) {
          continue;
        }
        const key = (from + offset) * scale + (to + offset);
        if (!seen.has(key)) {
          seen.add(key);
          this._add(from, to);
        }
      }
    }
  }

  private _add(from: Child, to: Child): void {
    const up = this._containers(from);
    const down = this._containers(to);
    // From the outside in, as long as both are in the same open groups.
    let shared = 0;
    while (
      shared + 1 < up.length &&
      shared + 1 < down.length &&
      up[shared + 1] === down[shared + 1]
    ) {
      shared++;
    }
    const upward = up.slice(shared + 1);
    const downward = down.slice(shared + 1);
    const start = childOf(upward[0], from);
    const goal = childOf(downward[0], to);
    if (start === goal) {
      return; // a control-flow op and what is inside it
    }
    const edge = this.edges.length;
    this.edges.push({ from, to });
    const { Child, Entry, Exit } = EndKind;
    upward.forEach((container, at) => {
      const inside = childOf(upward[at + 1], from);
      this._put(container, edge, [inside, Child], [from, Exit]);
    });
    this._put(up[shared], edge, [start, Child], [goal, Child]);
    downward.forEach((container, at) => {
      const inside = childOf(downward[at + 1], to);
      this._put(container, edge, [from, Entry], [inside, Child]);
    });
  }

  private _put(
    container: number | undefined,
    edge: number,
    [from, fromKind]: [Child, EndKind],
    [to, toKind]: [Child, EndKind]
  ): void {
    const inner = { from, fromKind, to, toKind, edge };
    const index = container ?? ROOT;
    const edges = this.inner.get(index);
    if (edges) {
      edges.push(inner);
    } else {
      this.inner.set(index, [inner]);
    }
  }

  /** The open groups around a visible op or group, outermost first. */
  private _containers(child: Child): number[] {
    const group =
      child >= 0
        ? (this.tree.groupOfRow[child] ?? ROOT)
        : this.tree.group(~child).parent;
    const cached = this._paths.get(group);
    if (cached) {
      return cached;
    }
    const path = [ROOT, ...this.tree.pathOf(group).reverse()];
    this._paths.set(group, path);
    return path;
  }

  private readonly _isOpen: Uint8Array;
  private readonly _paths = new Map<number, number[]>();
  private _shownGroup = new Int32Array(0);
}

function childOf(group: number | undefined, otherwise: Child): Child {
  return group === undefined ? otherwise : ~group;
}
