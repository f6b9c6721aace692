import { make } from '../text/elements';
import type { IDeskItem, Point } from './desk-items';
import { bounds, contains } from './desk-items';
import type { DeskState } from './desk-state';
import { ViewTransform } from './view-transform';

const MARGIN = 12;
const HANDLE = 5;

/** How the items of a kind are drawn. */
export interface IItemStyle {
  /** A variable of the palette. */
  readonly colour: string;
  readonly isDashed?: boolean;
}

/** How the items of a page are drawn. */
export interface IItemLook<Item> {
  readonly kinds: readonly string[];
  kindOf(item: Item): string;
  styleOf(kind: string): IItemStyle;
  /** A text above the box; empty for none. */
  captionOf?(item: Item): string;
  /** Whether the first corner is marked, since the item has a direction. */
  readonly isDirected: boolean;
  /** Whether the pointer moves the selected item. */
  readonly isMoved: boolean;
}

interface IPageCanvasOptions<Item extends IDeskItem> {
  readonly state: DeskState<Item>;
  readonly look: IItemLook<Item>;
  readonly label: string;
  readonly signal: AbortSignal;
  /** Called when an item or a draft was changed by the pointer. */
  readonly onChange: () => void;
}

/** What the pointer has hold of. */
type Grip =
  | { readonly kind: 'corner'; readonly at: number; moved: boolean }
  | {
      readonly kind: 'move';
      readonly from: Point;
      readonly points: readonly Point[];
      moved: boolean;
    }
  | { readonly kind: 'pan'; x: number; y: number; moved: boolean }
  | { readonly kind: 'draw'; readonly from: Point; moved: boolean };

/**
 * The picture with its boxes. It is drawn at most once a frame, all boxes of a kind in one path.
 */
export class PageCanvas<Item extends IDeskItem> {
  constructor(private readonly _options: IPageCanvasOptions<Item>) {
    const { label, signal } = _options;
    this.node = make('canvas', 'pw-Desk-canvas');
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'img');
    this.node.setAttribute('aria-label', label);
    const listen = { signal };
    this.node.addEventListener('pointerdown', this._onDown, listen);
    this.node.addEventListener('pointermove', this._onMove, listen);
    this.node.addEventListener('pointerup', this._onUp, listen);
    this.node.addEventListener('pointercancel', this._onUp, listen);
    this.node.addEventListener('wheel', this._onWheel, {
      signal,
      passive: false
    });
    const observer = new ResizeObserver(() => {
      this._resize();
    });
    observer.observe(this.node);
    signal.addEventListener('abort', () => {
      observer.disconnect();
      cancelAnimationFrame(this._frame);
      this._picture?.close();
    });
  }

  readonly node: HTMLCanvasElement;

  /** Show the picture that the kernel sent; empty bytes show none. */
  async setPicture(bytes: DataView): Promise<void> {
    const serial = ++this._serial;
    let picture: ImageBitmap | null = null;
    if (bytes.byteLength > 0) {
      const copy = new Uint8Array(bytes.byteLength);
      copy.set(new Uint8Array(bytes.buffer, bytes.byteOffset, copy.length));
      picture = await createImageBitmap(
        new Blob([copy], { type: 'image/jpeg' })
      );
    }
    if (serial !== this._serial || this._options.signal.aborted) {
      picture?.close();
      return;
    }
    this._picture?.close();
    this._picture = picture;
    this.fit();
    this._options.onChange();
  }

  get picture(): ImageBitmap | null {
    return this._picture;
  }

  /** How many pixels of the picture one pixel of the screen is. */
  get pixel(): number {
    return 1 / this._view.scale;
  }

  fit(): void {
    this._view.turns = this._options.state.turns;
    const [width, height] = this._options.state.get('size');
    this._show([0, 0, width, height], MARGIN);
  }

  fitItem(): void {
    const item = this._options.state.item;
    if (item) {
      this._show(bounds(item.points), this.node.clientHeight / 3);
    }
  }

  zoom(by: number): void {
    this._view.zoom(by, this.node.clientWidth / 2, this.node.clientHeight / 2);
    this.draw();
  }

  pan(x: number, y: number): void {
    this._view.x += x;
    this._view.y += y;
    this.draw();
  }

  /** Move the picture so that the selected item is in sight. */
  reveal(): void {
    const item = this._options.state.item;
    if (!item) {
      return;
    }
    const [left, top, right, bottom] = bounds(
      item.points.map(point => this._view.toScreen(point))
    );
    const { clientWidth: width, clientHeight: height } = this.node;
    const outside = left < 0 || top < 0 || right > width || bottom > height;
    if (outside && (right - left < width || bottom - top < height)) {
      const [a, b, c, d] = bounds(item.points);
      this._view.centre((a + c) / 2, (b + d) / 2, width, height);
    }
  }

  /** A box in the middle of what is seen, to begin a new one with. */
  newBox(): Point[] {
    const { clientWidth: width, clientHeight: height } = this.node;
    return [
      [width * 0.35, height * 0.46],
      [width * 0.65, height * 0.46],
      [width * 0.65, height * 0.54],
      [width * 0.35, height * 0.54]
    ].map(([x, y]) => this._view.toPicture([x ?? 0, y ?? 0]));
  }

  draw(): void {
    if (this._frame === 0) {
      this._frame = requestAnimationFrame(() => {
        this._frame = 0;
        this._paint();
      });
    }
  }

  private _show(
    rectangle: readonly [number, number, number, number],
    margin: number
  ): void {
    const { clientWidth, clientHeight } = this.node;
    this._view.show(rectangle, clientWidth, clientHeight, margin);
    this.draw();
  }

  private _resize(): void {
    const ratio = window.devicePixelRatio;
    const width = Math.round(this.node.clientWidth * ratio);
    const height = Math.round(this.node.clientHeight * ratio);
    const hidden = width === 0 || height === 0;
    // Hidden, as behind another tab, and shown again: the view is what it was.
    if (hidden || (width === this.node.width && height === this.node.height)) {
      return;
    }
    this.node.width = width;
    this.node.height = height;
    this.fit();
  }

  private _paint(): void {
    const context = this.node.getContext('2d');
    if (!context) {
      return;
    }
    const ratio = window.devicePixelRatio;
    const { state } = this._options;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.node.width, this.node.height);
    if (this._picture) {
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      this._view.apply(context);
      const [width, height] = state.get('size');
      context.imageSmoothingQuality = 'high';
      context.drawImage(this._picture, 0, 0, width, height);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this._paintBoxes(context);
  }

  private _paintBoxes(context: CanvasRenderingContext2D): void {
    const { look, state } = this._options;
    const style = getComputedStyle(this.node);
    const colour = (name: string): string =>
      style.getPropertyValue(name).trim() || style.color;
    const draft = state.draft;
    const back = colour('--pw-back');
    for (const kind of look.kinds) {
      const { colour: name, isDashed } = look.styleOf(kind);
      context.beginPath();
      for (const item of state.items) {
        const drawn = item.id === state.selected;
        if (!drawn && look.kindOf(item) === kind) {
          this._trace(context, item.points);
        }
      }
      // A seam beneath, so that boxes are seen on pictures of every colour.
      context.setLineDash([]);
      context.lineWidth = 4;
      context.strokeStyle = back;
      context.globalAlpha = 0.7;
      context.stroke();
      context.globalAlpha = 1;
      context.setLineDash(isDashed ? [5, 3] : []);
      context.lineWidth = 2;
      context.strokeStyle = colour(name);
      context.stroke();
    }
    context.setLineDash([]);
    const { item } = state;
    const accent = colour(
      (draft && state.mode === 'draw') || !item
        ? '--pw-accent'
        : look.styleOf(look.kindOf(item)).colour
    );
    const points = draft ?? item?.points;
    if (points) {
      context.beginPath();
      this._trace(context, points);
      context.globalAlpha = 0.16;
      context.fillStyle = accent;
      context.fill();
      context.globalAlpha = 1;
      context.lineWidth = 5;
      context.strokeStyle = back;
      context.stroke();
      context.lineWidth = 2.5;
      context.strokeStyle = accent;
      context.stroke();
    }
    this._paintCaptions(context, back, colour('--pw-text'));
    if (points) {
      this._paintHandles(context, points, accent, back);
    }
  }

  /** Write what the boxes are above them, the selected one last; colours alone would not show it. */
  private _paintCaptions(
    context: CanvasRenderingContext2D,
    back: string,
    ink: string
  ): void {
    const { look, state } = this._options;
    if (!look.captionOf) {
      return;
    }
    context.font = getComputedStyle(this.node).font;
    context.textBaseline = 'bottom';
    const rank = (item: Item): number => Number(item.id === state.selected);
    for (const item of [...state.items].sort((a, b) => rank(a) - rank(b))) {
      const points =
        rank(item) && state.draft !== null && state.mode !== 'draw'
          ? state.draft
          : item.points;
      const [left, top] = bounds(
        points.map(point => this._view.toScreen(point))
      );
      const text = look.captionOf(item);
      const { width, fontBoundingBoxAscent: height } =
        context.measureText(text);
      const y = Math.max(top, height + 4);
      context.globalAlpha = 0.85;
      context.fillStyle = back;
      context.fillRect(left - 1, y - height - 4, width + 6, height + 4);
      context.globalAlpha = 1;
      context.fillStyle = ink;
      context.fillText(text, left + 2, y);
    }
  }

  private _paintHandles(
    context: CanvasRenderingContext2D,
    points: readonly Point[],
    accent: string,
    back: string
  ): void {
    const { look, state } = this._options;
    const [left, top, right, bottom] = bounds(
      points.map(point => this._view.toScreen(point))
    );
    // In small boxes handles would hide the text.
    const size =
      Math.min(right - left, bottom - top) < 28 ? HANDLE / 2 : HANDLE;
    points.forEach((point, at) => {
      const [x, y] = this._view.toScreen(point);
      const isActive = state.draft !== null && at === state.corner;
      context.beginPath();
      // A square marks where the text begins; colour and place alone would not show it.
      if (at === 0 && look.isDirected) {
        context.rect(x - size, y - size, 2 * size, 2 * size);
      } else {
        context.arc(x, y, size, 0, 2 * Math.PI);
      }
      context.lineWidth = 2;
      context.strokeStyle = accent;
      context.fillStyle = isActive ? accent : back;
      context.fill();
      context.stroke();
    });
  }

  private _trace(
    context: CanvasRenderingContext2D,
    points: readonly Point[]
  ): void {
    points.forEach((point, at) => {
      const [x, y] = this._view.toScreen(point);
      if (at === 0) {
        context.moveTo(x, y);
      } else {
        context.lineTo(x, y);
      }
    });
    context.closePath();
  }

  private _place(event: PointerEvent | WheelEvent): Point {
    const box = this.node.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private readonly _onDown = (event: PointerEvent): void => {
    if (event.button !== 0) {
      return;
    }
    const { look, state } = this._options;
    const place = this._place(event);
    const points = state.draft ?? state.item?.points ?? [];
    const at = points.findIndex(point => {
      const [x, y] = this._view.toScreen(point);
      return Math.hypot(x - place[0], y - place[1]) <= 2 * HANDLE;
    });
    this.node.setPointerCapture(event.pointerId);
    const from = this._view.toPicture(place);
    if (at >= 0 && points.length === 4) {
      state.draft ??= [...points];
      state.corner = at;
      this._grip = { kind: 'corner', at, moved: false };
    } else if (state.mode === 'draw') {
      this._grip = { kind: 'draw', from, moved: false };
    } else if (look.isMoved && contains(points, from[0], from[1])) {
      this._grip = { kind: 'move', from, points, moved: false };
    } else {
      this._grip = { kind: 'pan', x: place[0], y: place[1], moved: false };
    }
  };

  private readonly _onMove = (event: PointerEvent): void => {
    const grip = this._grip;
    if (!grip) {
      return;
    }
    const { state } = this._options;
    const place = this._place(event);
    const [x, y] = this._view.toPicture(place);
    if (grip.kind === 'corner') {
      grip.moved = true;
      state.moveCorner(grip.at, [x, y]);
    } else if (grip.kind === 'draw') {
      grip.moved = true;
      state.drawBetween(grip.from, [x, y]);
    } else if (grip.kind === 'move') {
      const [fromX, fromY] = this._view.toScreen(grip.from);
      if (grip.moved || Math.hypot(place[0] - fromX, place[1] - fromY) > 3) {
        // From where it was: it comes back from an edge with the pointer.
        state.draft = [...grip.points];
        state.moveDraft([x - grip.from[0], y - grip.from[1]]);
        grip.moved = true;
      }
    } else {
      const far = Math.hypot(place[0] - grip.x, place[1] - grip.y);
      if (far > 3 || grip.moved) {
        this._view.x += place[0] - grip.x;
        this._view.y += place[1] - grip.y;
        Object.assign(grip, { x: place[0], y: place[1], moved: true });
      }
    }
    this.draw();
  };

  private readonly _onUp = (event: PointerEvent): void => {
    const grip = this._grip;
    this._grip = null;
    const { state, onChange } = this._options;
    if ((grip?.kind === 'pan' || grip?.kind === 'move') && !grip.moved) {
      const [x, y] = this._view.toPicture(this._place(event));
      this._select(x, y);
    } else if (grip?.kind === 'corner' || grip?.kind === 'move') {
      // While the keys draw the box, Enter saves it.
      if (state.mode === 'walk') {
        if (grip.moved) {
          state.commit();
        } else {
          state.leave();
        }
      }
    } else if (grip?.kind === 'draw' && grip.moved && state.draft) {
      state.commit();
    }
    onChange();
  };

  /** Select an item at a point; at the next click the next one that is there. */
  private _select(x: number, y: number): void {
    const { state } = this._options;
    const hits = state.items.filter(item => contains(item.points, x, y));
    const at = hits.findIndex(item => item.id === state.selected);
    state.selected = hits[(at + 1) % hits.length]?.id ?? state.selected;
  }

  private readonly _onWheel = (event: WheelEvent): void => {
    // The notebook scrolls by the wheel alone.
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const [x, y] = this._place(event);
      this._view.zoom(Math.exp(-event.deltaY / 300), x, y);
      this.draw();
    }
  };

  private readonly _view = new ViewTransform();
  private _picture: ImageBitmap | null = null;
  private _grip: Grip | null = null;
  private _frame = 0;
  private _serial = 0;
}
