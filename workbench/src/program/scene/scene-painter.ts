import { MOST_CHARACTERS, TITLE_HEIGHT } from '../layout/label-size';
import type { IPalette } from './palette';
import { ShapeKind } from './scene';
import type { SceneIndex } from './scene-index';
import type { IRectangle, Viewport } from './viewport';

const TEXT_SIZE = 12;
const SMALL_TEXT_SIZE = 10.5;
/** Text smaller than this on the screen is not drawn. */
const LEAST_TEXT = 4.5;
/** Boxes flatter than this on the screen are not drawn. */
const LEAST_BOX = 0.4;
/** Below this scale corners and curves are not visible. */
const PLAIN_SCALE = 0.2;
const RADIUS = 4;
const DASH = [5, 4];

/** How the boxes of a scene look, apart from their kind. */
export interface ILook {
  readonly title: (box: number) => string;
  /** A second line: the number of ops of a folded group. */
  readonly subtitle: (box: number) => string;
  /** From 0 to 1: its share of the cost. */
  readonly heat: (box: number) => number;
  /** Boxes that are lit up, and whether that is certain. */
  readonly lit: ReadonlyMap<number, boolean>;
  readonly added: ReadonlySet<number>;
  readonly hovered: number;
  readonly focused: number;
  /** Positions of boxes during a transition; null when nothing moves. */
  readonly boxes: Float64Array | null;
  /** Of the lines, from 0 to 1. */
  readonly lineAlpha: number;
}

/** Draw the part of a scene that the viewport shows. */
export function paintScene(
  context: CanvasRenderingContext2D,
  index: SceneIndex,
  view: Viewport,
  palette: IPalette,
  look: ILook
): void {
  new ScenePainter(context, index, view, palette, look).paint();
}

class ScenePainter {
  constructor(
    private readonly _context: CanvasRenderingContext2D,
    private readonly _index: SceneIndex,
    private readonly _view: Viewport,
    private readonly _palette: IPalette,
    private readonly _look: ILook
  ) {
    this._seen = _view.rectangle;
    this._isPlain = _view.scale < PLAIN_SCALE;
  }

  paint(): void {
    const { _context: context, _view: view } = this;
    const boxes = this._visibleBoxes();
    context.save();
    context.scale(view.scale, view.scale);
    context.translate(-view.left, -view.top);
    this._paintBoxes(boxes.filter(box => this._isOpen(box)));
    context.globalAlpha = this._look.lineAlpha;
    this._paintLines();
    context.globalAlpha = 1;
    this._paintBoxes(boxes.filter(box => !this._isOpen(box)));
    this._paintLit();
    this._paintTexts(boxes);
    context.restore();
  }

  private _isOpen(box: number): boolean {
    return this._index.scene.kind[box] === ShapeKind.Open;
  }

  private _place(box: number): IRectangle {
    const boxes = this._look.boxes;
    if (!boxes) {
      return this._index.rectangle(box);
    }
    return {
      x: boxes[4 * box] ?? 0,
      y: boxes[4 * box + 1] ?? 0,
      width: boxes[4 * box + 2] ?? 0,
      height: boxes[4 * box + 3] ?? 0
    };
  }

  private _visibleBoxes(): number[] {
    const { x, y, width, height } = this._seen;
    const near = this._look.boxes
      ? this._index.scene.child.keys()
      : this._index.boxesBetween(y, y + height);
    const least = LEAST_BOX / this._view.scale;
    const boxes: number[] = [];
    for (const box of near) {
      const place = this._place(box);
      if (
        place.height >= least &&
        place.x <= x + width &&
        place.x + place.width >= x &&
        place.y <= y + height &&
        place.y + place.height >= y
      ) {
        boxes.push(box);
      }
    }
    return boxes;
  }

  private _outline({ x, y, width, height }: IRectangle): void {
    if (this._isPlain) {
      this._context.rect(x, y, width, height);
    } else {
      this._context.roundRect(x, y, width, height, RADIUS);
    }
  }

  private _paintBoxes(boxes: readonly number[]): void {
    const { _context: context, _palette: palette, _look: look } = this;
    const { kind } = this._index.scene;
    context.lineWidth = 1;
    context.setLineDash([]);
    for (const which of [ShapeKind.Open, ShapeKind.Folded, ShapeKind.Op]) {
      const some = boxes.filter(box => kind[box] === which);
      if (some.length === 0) {
        continue;
      }
      context.beginPath();
      for (const box of some) {
        this._outline(this._place(box));
      }
      context.fillStyle =
        which === ShapeKind.Folded ? palette.raised : palette.back;
      context.strokeStyle =
        which === ShapeKind.Open ? palette.line : palette.faint;
      context.fill();
      context.stroke();
    }
    for (const box of boxes) {
      const heat = look.heat(box);
      if (heat > 0 && !this._isOpen(box)) {
        const { x, y, width, height } = this._place(box);
        context.fillStyle = palette.accent;
        context.globalAlpha = 0.55;
        context.fillRect(x + 1, y + height - 4, (width - 2) * heat, 3);
        context.globalAlpha = 1;
      }
    }
    this._paintAdded(boxes.filter(box => look.added.has(box)));
  }

  /** Mark added boxes with a plus in the corner and a border of another colour. */
  private _paintAdded(boxes: readonly number[]): void {
    const { _context: context, _palette: palette } = this;
    context.strokeStyle = palette.added;
    context.lineWidth = 2;
    for (const box of boxes) {
      const { x, y, width } = this._place(box);
      context.beginPath();
      this._outline(this._place(box));
      context.moveTo(x + width - 11, y + 7);
      context.lineTo(x + width - 4, y + 7);
      context.moveTo(x + width - 7.5, y + 3.5);
      context.lineTo(x + width - 7.5, y + 10.5);
      context.stroke();
    }
  }

  private _line(at: number): void {
    const { lines } = this._index.scene;
    const x1 = lines[4 * at] ?? 0;
    const y1 = lines[4 * at + 1] ?? 0;
    const x2 = lines[4 * at + 2] ?? 0;
    const y2 = lines[4 * at + 3] ?? 0;
    this._context.moveTo(x1, y1);
    if (this._isPlain || Math.abs(x1 - x2) < 0.5) {
      this._context.lineTo(x2, y2);
    } else {
      const middle = (y1 + y2) / 2;
      this._context.bezierCurveTo(x1, middle, x2, middle, x2, y2);
    }
  }

  private _paintLines(): void {
    const { _context: context, _palette: palette } = this;
    const { y, height } = this._seen;
    const { lines } = this._index.scene;
    const least = this._isPlain ? 1 / this._view.scale : 0;
    context.beginPath();
    for (const at of this._index.linesBetween(y, y + height)) {
      const length = Math.abs(
        (lines[4 * at + 3] ?? 0) - (lines[4 * at + 1] ?? 0)
      );
      if (length >= least) {
        this._line(at);
      }
    }
    context.strokeStyle = palette.faint;
    context.lineWidth = Math.max(1, 0.5 / this._view.scale);
    context.stroke();
    const near = [this._look.focused, this._look.hovered].filter(
      box => box >= 0
    );
    if (near.length > 0) {
      this._paintEdges(near);
    }
  }

  /** Draw the edges of the boxes that are pointed at; those that close a cycle are dashed. */
  private _paintEdges(boxes: readonly number[]): void {
    const { _context: context, _index: index } = this;
    const { edgeLines, edgeStart, isBack } = index.scene;
    context.strokeStyle = this._palette.accent;
    context.lineWidth = Math.max(2, 1 / this._view.scale);
    for (const box of boxes) {
      for (const edge of [...index.edgesOf(box, 0), ...index.edgesOf(box, 1)]) {
        context.setLineDash(isBack[edge] === 1 ? DASH : []);
        context.beginPath();
        const end = edgeStart[edge + 1] ?? 0;
        for (let at = edgeStart[edge] ?? 0; at < end; at++) {
          this._line(edgeLines[at] ?? 0);
        }
        context.stroke();
      }
    }
    context.setLineDash([]);
  }

  private _paintLit(): void {
    const { _context: context, _palette: palette, _look: look } = this;
    context.strokeStyle = palette.accent;
    context.fillStyle = palette.accent;
    const outline = (box: number, width: number, isCertain: boolean): void => {
      context.lineWidth = Math.max(width, (width * 0.6) / this._view.scale);
      context.setLineDash(isCertain ? [] : DASH);
      context.beginPath();
      this._outline(this._place(box));
      context.stroke();
    };
    for (const [box, isCertain] of look.lit) {
      if (!this._isOpen(box)) {
        context.globalAlpha = 0.18;
        context.beginPath();
        this._outline(this._place(box));
        context.fill();
        context.globalAlpha = 1;
      }
      outline(box, 2, isCertain);
    }
    if (look.focused >= 0) {
      outline(look.focused, 3, true);
    }
    if (look.hovered >= 0) {
      outline(look.hovered, 1.5, true);
    }
    context.setLineDash([]);
  }

  private _paintTexts(boxes: readonly number[]): void {
    const { _context: context, _palette: palette, _look: look } = this;
    if (TEXT_SIZE * this._view.scale < LEAST_TEXT) {
      return;
    }
    context.textBaseline = 'middle';
    context.fillStyle = palette.text;
    context.font = `${TEXT_SIZE}px ${palette.font}`;
    for (const box of boxes) {
      const { x, y, width, height } = this._place(box);
      const title = cut(look.title(box));
      switch (this._index.scene.kind[box]) {
        case ShapeKind.Op:
          context.textAlign = 'center';
          context.fillText(title, x + width / 2, y + height / 2);
          break;
        case ShapeKind.Folded:
          context.textAlign = 'center';
          context.fillText(title, x + width / 2 + 6, y + height / 2 - 7);
          this._mark(x + 12, y + height / 2, true);
          break;
        default: {
          // The name stays visible as long as its group is.
          const top = Math.max(
            y,
            Math.min(this._seen.y, y + height - TITLE_HEIGHT)
          );
          context.textAlign = 'left';
          context.fillText(title, x + 24, top + TITLE_HEIGHT / 2);
          this._mark(x + 12, top + TITLE_HEIGHT / 2, false);
        }
      }
    }
    context.fillStyle = palette.faint;
    context.font = `${SMALL_TEXT_SIZE}px ${palette.font}`;
    context.textAlign = 'center';
    for (const box of boxes) {
      if (this._index.scene.kind[box] === ShapeKind.Folded) {
        const { x, y, width, height } = this._place(box);
        context.fillText(
          look.subtitle(box),
          x + width / 2 + 6,
          y + height / 2 + 8
        );
      }
    }
  }

  /** The sign of a group that can be opened or closed. */
  private _mark(x: number, y: number, isFolded: boolean): void {
    const { _context: context } = this;
    context.beginPath();
    context.rect(x - 5, y - 5, 10, 10);
    context.moveTo(x - 3, y);
    context.lineTo(x + 3, y);
    if (isFolded) {
      context.moveTo(x, y - 3);
      context.lineTo(x, y + 3);
    }
    context.strokeStyle = this._palette.faint;
    context.lineWidth = 1;
    context.stroke();
  }

  private readonly _seen: IRectangle;
  private readonly _isPlain: boolean;
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS
    ? `${text.slice(0, MOST_CHARACTERS - 1)}…`
    : text;
}
