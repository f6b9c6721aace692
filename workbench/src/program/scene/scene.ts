/** What a box of a scene stands for. */
export enum ShapeKind {
  Op = 0,
  Folded = 1,
  Open = 2
}

/**
 * A picture of a program: boxes and lines with their positions, as typed arrays that are cheap to
 * transfer.
 */
export interface IScene {
  readonly stage: number;
  readonly width: number;
  readonly height: number;
  /** By box: a `ShapeKind`. Open groups come before what is inside them. */
  readonly kind: Uint8Array;
  /** By box: the op's row, or `~index` of the group. */
  readonly child: Int32Array;
  /** By box: the number of open groups around it. */
  readonly depth: Uint8Array;
  /** Four numbers a box: left, top, width, height. */
  readonly boxes: Float64Array;
  /** By row of an op: the box that shows it, or -1. */
  readonly boxOfRow: Int32Array;
  /** Four numbers per line segment: from x, y to x, y. */
  readonly lines: Float64Array;
  /** Two boxes per edge. */
  readonly edges: Int32Array;
  /** The pieces of edge `i` are `edgeLines[edgeStart[i]]` up to `edgeLines[edgeStart[i + 1]]`. */
  readonly edgeLines: Int32Array;
  readonly edgeStart: Int32Array;
  /** 1 for an edge against a cycle. */
  readonly isBack: Uint8Array;
  /** Of each group that is shown: its key, name and number of ops. */
  readonly groups: Readonly<Record<number, IShownGroup>>;
  /** How long the layout took. */
  readonly layout_ms: number;
}

export interface IShownGroup {
  readonly key: string;
  readonly name: string;
  readonly size: number;
  /** The row of the control-flow op that it stands for; else -1. */
  readonly row: number;
}

/** The buffers of a scene, to transfer them instead of copying. */
export function buffersOf(scene: IScene): ArrayBuffer[] {
  return [
    scene.kind,
    scene.child,
    scene.depth,
    scene.boxes,
    scene.boxOfRow,
    scene.lines,
    scene.edges,
    scene.edgeLines,
    scene.edgeStart,
    scene.isBack
  ].map(array => array.buffer as ArrayBuffer);
}
