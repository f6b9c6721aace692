/** A box to place, or a point on the border (above or below all boxes). */
export interface IBox {
  readonly width: number;
  readonly height: number;
  readonly border?: 'top' | 'bottom';
}

export interface ILink {
  readonly from: number;
  readonly to: number;
  /** Links from one box with the same net share their path. */
  readonly net: number;
  /** Where it leaves and arrives, from the middle of the box; chosen by the layout if undefined. */
  readonly fromX?: number;
  readonly toX?: number;
}

export interface IPadding {
  readonly top: number;
  readonly bottom: number;
  readonly side: number;
}

export interface ILayout {
  readonly width: number;
  readonly height: number;
  readonly sizes: readonly IBox[];
  /** The upper left corner of each box. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Four numbers per line segment: from x, y to x, y. */
  readonly lines: number[];
  /** For each link its segments, from start to end. */
  readonly linesOf: number[][];
}
