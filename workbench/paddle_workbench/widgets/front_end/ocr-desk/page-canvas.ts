import { make } from '../text/elements';
import type { Point, LineStatus } from './desk-lines';
import { bounds, contains, statusOf } from './desk-lines';
import type { DeskState } from './desk-state';
import { ViewTransform } from './view-transform';

const MARGIN = 12;
const HANDLE = 5;
const STATUSES: readonly LineStatus[] = ['sure', 'checked', 'doubtful'];

interface IPageCanvasOptions {
  readonly state: DeskState;
  readonly label: string;
  readonly signal: AbortSignal;
  /** Called when a line or a draft was changed by the pointer. */
  readonly onChange: () => void;
}

/** What the pointer has hold of. */
type Grip =
  | { readonly kind: 'corner'; readonly at: number }
  | { readonly kind: 'pan'; x: number; y: number; moved: boolean }
  | { readonly kind: 'draw'; readonly from: Point; moved: boolean };

/**
 * The picture with its boxes. It is drawn at most once a frame, all boxes of a kind in one path.
 */
export class PageCanvas {
  constructor(private readonly _options: IPageCanvasOptions) {
    const { label, signal } = _options;
    this.node = make('canvas', 'pw-OcrDesk-canvas');
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

  fit(): void {
    this._view.turns = this._options.state.turns;
    const [width, height] = this._options.state.get('size');
    this._show([0, 0, width, height], MARGIN);
  }

  fitLine(): void {
    const line = this._options.state.line;
    if (line) {
      this._show(bounds(line.points), this.node.clientHeight / 3);
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

  /** Move the picture so that the selected line is in sight. */
  reveal(): void {
    const line = this._options.state.line;
    if (!line) {
      return;
    }
    const [left, top, right, bottom] = bounds(
      line.points.map(point => this._view.toScreen(point))
    );
    const { clientWidth: width, clientHeight: height } = this.node;
    const outside = left < 0 || top < 0 || right > width || bottom > height;
    if (outside && (right - left < width || bottom - top < height)) {
      const [a, b, c, d] = bounds(line.points);
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
    const { state } = this._options;
    const style = getComputedStyle(this.node);
    const colour = (name: string): string =>
      style.getPropertyValue(name).trim() || style.color;
    const below = state.get('doubt_below');
    const colours: Record<LineStatus, string> = {
      sure: colour('--pw-accent'),
      checked: colour('--pw-ok'),
      doubtful: colour('--pw-error')
    };
    const draft = state.draft;
    for (const kind of STATUSES) {
      context.beginPath();
      for (const line of state.lines) {
        const drawn = line.id === state.selected;
        if (!drawn && statusOf(line, below) === kind) {
          this._trace(context, line.points);
        }
      }
      // A seam beneath, so that lines are seen on pictures of every colour.
      context.setLineDash([]);
      context.lineWidth = 4;
      context.strokeStyle = colour('--pw-back');
      context.globalAlpha = 0.7;
      context.stroke();
      context.globalAlpha = 1;
      context.setLineDash(kind === 'doubtful' ? [5, 3] : []);
      context.lineWidth = 2;
      context.strokeStyle = colours[kind];
      context.stroke();
    }
    context.setLineDash([]);
    const points = draft ?? state.line?.points;
    if (!points) {
      return;
    }
    const line = state.line;
    const accent =
      draft || !line ? colour('--pw-accent') : colours[statusOf(line, below)];
    context.beginPath();
    this._trace(context, points);
    context.globalAlpha = 0.16;
    context.fillStyle = accent;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 5;
    context.strokeStyle = colour('--pw-back');
    context.stroke();
    context.lineWidth = 2.5;
    context.strokeStyle = accent;
    context.stroke();
    this._paintHandles(context, points, accent, colour('--pw-back'));
  }

  private _paintHandles(
    context: CanvasRenderingContext2D,
    points: readonly Point[],
    accent: string,
    back: string
  ): void {
    const { state } = this._options;
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
      if (at === 0) {
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
    const { state } = this._options;
    const place = this._place(event);
    const points = state.draft ?? state.line?.points ?? [];
    const at = points.findIndex(point => {
      const [x, y] = this._view.toScreen(point);
      return Math.hypot(x - place[0], y - place[1]) <= 2 * HANDLE;
    });
    this.node.setPointerCapture(event.pointerId);
    if (at >= 0 && points.length === 4) {
      state.draft ??= [...points];
      state.corner = at;
      this._grip = { kind: 'corner', at };
    } else if (state.mode === 'draw') {
      const from = this._view.toPicture(place);
      this._grip = { kind: 'draw', from, moved: false };
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
    if (grip.kind === 'corner' && state.draft) {
      state.draft[grip.at] = [x, y];
    } else if (grip.kind === 'draw') {
      const [left, top] = grip.from;
      grip.moved = true;
      state.draft = [
        [Math.min(left, x), Math.min(top, y)],
        [Math.max(left, x), Math.min(top, y)],
        [Math.max(left, x), Math.max(top, y)],
        [Math.min(left, x), Math.max(top, y)]
      ];
    } else if (grip.kind === 'pan') {
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
    if (grip?.kind === 'pan' && !grip.moved) {
      const [x, y] = this._view.toPicture(this._place(event));
      const hit = state.lines.find(line => contains(line.points, x, y));
      state.selected = hit?.id ?? state.selected;
    } else if (grip?.kind === 'corner' && state.mode === 'walk') {
      if (state.draft && state.selected !== null) {
        state.edit('redraw', { id: state.selected, points: state.draft });
      }
      state.draft = null;
    } else if (grip?.kind === 'draw' && grip.moved && state.draft) {
      state.edit('add', { points: state.draft });
      state.leave();
    }
    onChange();
  };

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
