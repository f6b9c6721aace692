/** A thing to be placed: a box, or a point of the border (above or below all boxes). */
export interface IBox {
  readonly width: number;
  readonly height: number;
  readonly border?: 'top' | 'bottom';
}

export interface ILink {
  readonly from: number;
  readonly to: number;
  /** Links from one box with the same net share their way. */
  readonly net: number;
  /** Where it leaves and arrives, from the middle of the box; else the layout says. */
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
  /** The left upper corner of each box. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Four numbers a piece of line: from x, y to x, y. */
  readonly lines: number[];
  /** For each link the pieces that it is made of, from its start to its end. */
  readonly linesOf: number[][];
}
