import { placeColumns } from './column-placement';
import { orderLayers } from './layer-order';
import type { ILayering } from './layering';
import { assignLayers } from './layering';
import type { IBox, ILayout, ILink, IPadding } from './layout';

const LAYER_GAP = 34;

/**
 * Place boxes in layers so that links lead downwards and are short.
 *
 * Boxes come in the order in which they run; a link that closes a cycle leads upwards. Time is
 * proportional to the boxes, the links, and the layers that links pass. Method: Sugiyama, Tagawa
 * and Toda 1981, with the columns placed by isotonic regression.
 */
export function layeredLayout(
  boxes: readonly IBox[],
  links: readonly ILink[],
  padding: IPadding
): ILayout {
  const layering = assignLayers(boxes, links);
  orderLayers(layering);
  const centre = placeColumns(layering);
  return new Tracer(boxes, links, padding, layering, centre).layout();
}

/**
 * Turns layers and columns into positions and lines.
 */
class Tracer {
  constructor(
    private readonly _boxes: readonly IBox[],
    private readonly _links: readonly ILink[],
    private readonly _padding: IPadding,
    private readonly _layering: ILayering,
    private readonly _centre: Float64Array
  ) {
    const { layers, width } = _layering;
    let left = Number.POSITIVE_INFINITY;
    let right = Number.NEGATIVE_INFINITY;
    for (const layer of layers) {
      for (const slot of layer) {
        const half = (width[slot] ?? 0) / 2;
        left = Math.min(left, (_centre[slot] ?? 0) - half);
        right = Math.max(right, (_centre[slot] ?? 0) + half);
      }
    }
    this._shift = layers.length === 0 ? 0 : _padding.side - left;
    this._width = layers.length === 0 ? 0 : right - left + 2 * _padding.side;
    this._placeRows();
  }

  layout(): ILayout {
    const { slotOfBox } = this._layering;
    const x = new Float64Array(this._boxes.length);
    const y = new Float64Array(this._boxes.length);
    this._boxes.forEach((box, at) => {
      const slot = slotOfBox[at] ?? 0;
      const layer = this._layering.layerOfSlot[slot] ?? 0;
      x[at] = this._x(slot) - box.width / 2;
      const top = this._top[layer] ?? 0;
      const bottom = this._bottom[layer] ?? 0;
      y[at] = (top + bottom - box.height) / 2;
    });
    this._y = y;
    this._spreadArrivals();
    return {
      width: this._width,
      height: this._height,
      sizes: this._boxes,
      x,
      y,
      lines: this._lines,
      linesOf: this._links.map((_, at) => this._trace(at))
    };
  }

  private _x(slot: number): number {
    return (this._centre[slot] ?? 0) + this._shift;
  }

  private _placeRows(): void {
    const { layers, boxOfSlot } = this._layering;
    let y = this._padding.top;
    let isFirst = true;
    layers.forEach((layer, at) => {
      const boxes = layer.map(slot => this._boxes[boxOfSlot[slot] ?? -1]);
      const border = boxes.find(box => box?.border)?.border;
      const height = Math.max(0, ...boxes.map(box => box?.height ?? 0));
      if (border === 'top') {
        this._top[at] = this._bottom[at] = 0;
        return;
      }
      if (border === 'bottom') {
        return;
      }
      y += isFirst ? 0 : LAYER_GAP;
      isFirst = false;
      this._top[at] = y;
      y += height;
      this._bottom[at] = y;
    });
    this._height = y + this._padding.bottom;
    layers.forEach((_, at) => {
      this._top[at] ??= this._height;
      this._bottom[at] ??= this._height;
    });
  }

  /** Spread the links that arrive at a box over its width, in the order of their origins. */
  private _spreadArrivals(): void {
    const arrivals = new Map<number, number[]>();
    this._links.forEach((link, at) => {
      if (link.toX === undefined) {
        const others = arrivals.get(link.to);
        if (others) {
          others.push(at);
        } else {
          arrivals.set(link.to, [at]);
        }
      }
    });
    this._arrival = new Float64Array(this._links.length);
    for (const [box, links] of arrivals) {
      const width = this._boxes[box]?.width ?? 0;
      const above = (at: number): number => {
        const chain = this._layering.chains[at] ?? [];
        return this._centre[chain[chain.length - 2] ?? 0] ?? 0;
      };
      links.sort((a, b) => above(a) - above(b));
      links.forEach((at, index) => {
        this._arrival[at] =
          ((index + 1) / (links.length + 1) - 0.5) * width * 0.8;
      });
    }
  }

  private _trace(at: number): number[] {
    const link = this._links[at];
    const chain = this._layering.chains[at] ?? [];
    const start = chain[0];
    const goal = chain[chain.length - 1];
    if (!link || start === undefined || goal === undefined) {
      return [];
    }
    const isBack = this._layering.isBack[at] === 1;
    const startX = isBack ? (link.toX ?? this._arrival[at]) : link.fromX;
    const goalX = isBack ? link.fromX : (link.toX ?? this._arrival[at]);
    const pieces: number[] = [];
    let x = this._x(start) + (startX ?? 0);
    let y = this._edgeOf(start, 1);
    for (const slot of chain.slice(1)) {
      const isGoal = slot === goal;
      const nextX = this._x(slot) + (isGoal ? (goalX ?? 0) : 0);
      const previous = this._layering.layerOfSlot[slot] ?? 0;
      const below = this._bottom[previous - 1] ?? y;
      if (below > y) {
        pieces.push(this._line(x, y, x, below));
        y = below;
      }
      const top = this._top[previous] ?? y;
      pieces.push(this._line(x, y, nextX, top));
      const bottom = isGoal
        ? this._edgeOf(slot, 0)
        : (this._bottom[previous] ?? top);
      if (bottom > top) {
        pieces.push(this._line(nextX, top, nextX, bottom));
      }
      x = nextX;
      y = bottom;
    }
    return pieces;
  }

  /** The upper (0) or lower (1) edge of a slot's box. */
  private _edgeOf(slot: number, side: 0 | 1): number {
    const box = this._layering.boxOfSlot[slot] ?? -1;
    return (this._y[box] ?? 0) + side * (this._boxes[box]?.height ?? 0);
  }

  /** Return the index of a segment; links of one net share theirs. */
  private _line(x1: number, y1: number, x2: number, y2: number): number {
    const key = `${x1} ${y1} ${x2} ${y2}`;
    const piece = this._known.get(key);
    if (piece !== undefined) {
      return piece;
    }
    const index = this._lines.length / 4;
    this._lines.push(x1, y1, x2, y2);
    this._known.set(key, index);
    return index;
  }

  private readonly _shift: number;
  private readonly _width: number;
  private readonly _top: number[] = [];
  private readonly _bottom: number[] = [];
  private readonly _lines: number[] = [];
  private readonly _known = new Map<string, number>();
  private _height = 0;
  private _y = new Float64Array(0);
  private _arrival = new Float64Array(0);
}
