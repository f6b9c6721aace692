import type { FoldedGraph } from '../data/folded-graph';
import type { Child } from '../data/layer-tree';
import type { ProgramData } from '../data/program-data';
import type { IPlacedGroup } from '../layout/nested-layout';
import { placeGroup } from '../layout/nested-layout';
import type { IScene, IShownGroup } from './scene';
import { ShapeKind } from './scene';

/**
 * Lays out a folded graph and writes it as one flat scene.
 */
export class SceneWriter {
  constructor(data: ProgramData, graph: FoldedGraph) {
    this._data = data;
    this._graph = graph;
    this._linesOf = graph.edges.map(() => []);
  }

  scene(stage: number): IScene {
    const started = performance.now();
    const placed = placeGroup(this._data, this._graph);
    this._write(placed, 0, 0, 0);
    const { edges } = this._graph;
    const ends = new Int32Array(edges.length * 2);
    const edgeStart = new Int32Array(edges.length + 1);
    const isBack = new Uint8Array(edges.length);
    const edgeLines: number[] = [];
    edges.forEach(({ from, to }, at) => {
      ends[2 * at] = this._boxOf.get(from) ?? 0;
      ends[2 * at + 1] = this._boxOf.get(to) ?? 0;
      edgeLines.push(...(this._linesOf[at] ?? []));
      edgeStart[at + 1] = edgeLines.length;
      const lowest = this._boxes[4 * (ends[2 * at] ?? 0) + 1] ?? 0;
      const highest = this._boxes[4 * (ends[2 * at + 1] ?? 0) + 1] ?? 0;
      isBack[at] = lowest >= highest ? 1 : 0;
    });
    return {
      stage,
      width: placed.layout.width,
      height: placed.layout.height,
      kind: Uint8Array.from(this._kind),
      child: Int32Array.from(this._child),
      depth: Uint8Array.from(this._depth),
      boxes: Float64Array.from(this._boxes),
      boxOfRow: this._boxesOfRows(stage),
      lines: Float64Array.from(this._lines),
      edges: ends,
      edgeLines: Int32Array.from(edgeLines),
      edgeStart,
      isBack,
      groups: this._groups,
      layout_ms: performance.now() - started
    };
  }

  private _boxesOfRows(stage: number): Int32Array {
    const boxes = new Int32Array(this._data.opId.length).fill(-1);
    for (const row of this._data.rows(stage)) {
      const child = this._graph.shownFor(row);
      boxes[row] = child === null ? -1 : (this._boxOf.get(child) ?? -1);
    }
    return boxes;
  }

  private _write(
    { layout, members, open, links }: IPlacedGroup,
    left: number,
    top: number,
    depth: number
  ): void {
    const first = this._lines.length / 4;
    const { lines } = layout;
    for (let at = 0; at < lines.length; at += 2) {
      this._lines.push((lines[at] ?? 0) + left, (lines[at + 1] ?? 0) + top);
    }
    for (const { edge, link } of links) {
      for (const line of layout.linesOf[link] ?? []) {
        this._linesOf[edge]?.push(first + line);
      }
    }
    members.forEach((child, at) => {
      if (child === null) {
        return;
      }
      const x = left + (layout.x[at] ?? 0);
      const y = top + (layout.y[at] ?? 0);
      const { width, height } = layout.sizes[at] ?? { width: 0, height: 0 };
      this._box(child, [x, y, width, height], depth, open.has(child));
      const inside = open.get(child);
      if (inside) {
        // Centred if it is narrower than its title.
        const indent = (width - inside.layout.width) / 2;
        this._write(inside, x + indent, y, depth + 1);
      }
    });
  }

  private _box(
    child: Child,
    place: readonly number[],
    depth: number,
    isOpen: boolean
  ): void {
    this._boxOf.set(child, this._child.length);
    this._child.push(child);
    this._depth.push(Math.min(depth, 255));
    this._boxes.push(...place);
    if (child >= 0) {
      this._kind.push(ShapeKind.Op);
      return;
    }
    this._kind.push(isOpen ? ShapeKind.Open : ShapeKind.Folded);
    const { key, name, size, row } = this._graph.tree.group(~child);
    this._groups[~child] = { key, name, size, row };
  }

  private readonly _data: ProgramData;
  private readonly _graph: FoldedGraph;
  private readonly _kind: number[] = [];
  private readonly _child: number[] = [];
  private readonly _depth: number[] = [];
  private readonly _boxes: number[] = [];
  private readonly _lines: number[] = [];
  private readonly _linesOf: number[][];
  private readonly _boxOf = new Map<Child, number>();
  private readonly _groups: Record<number, IShownGroup> = {};
}
