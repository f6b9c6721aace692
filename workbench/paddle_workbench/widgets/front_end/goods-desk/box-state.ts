import type { IModel } from '../base/model';
import type { IDeskItem, Point } from '../desk/desk-items';
import { bounds, rectangle } from '../desk/desk-items';
import type { IDeskPage, IDeskTraits } from '../desk/desk-state';
import { DeskState } from '../desk/desk-state';

/** A box of goods on its picture. */
export interface IDeskBox extends IDeskItem {
  readonly label: string;
}

/** A picture in the list of pages. */
export interface IPicturePage extends IDeskPage {
  /** Number of boxes. */
  readonly boxes: number;
  /** Whether the file has other boxes. */
  readonly changed: boolean;
}

export interface IGoodsTraits extends IDeskTraits {
  pages: readonly IPicturePage[];
  boxes: readonly IDeskBox[];
  classes: readonly string[];
  /** Number of boxes of each class on all pictures. */
  counts: readonly number[];
  /** Whether the file does not have the classes yet. */
  classes_changed: boolean;
  file: string;
}

/** Pixels of the smallest box. */
const SMALLEST = 1;

/**
 * The state of a desk with boxes of goods: they are upright, inside the picture, and have a class.
 */
export class BoxState extends DeskState<IDeskBox, IGoodsTraits> {
  constructor(model: IModel<IGoodsTraits>) {
    super(model);
    this.selectFirst();
  }

  /** The class of the next new box: the one that was chosen last. */
  get label(): string {
    const classes = this.get('classes');
    return classes.includes(this._label) ? this._label : (classes[0] ?? '');
  }

  /** Give the selected box a class; a new one, or none, gives it to new boxes. */
  choose(label: string): void {
    this._label = label;
    const box = this.mode === 'draw' ? undefined : this.item;
    if (box && box.label !== label) {
      this.edit('relabel', { id: box.id, label });
    }
  }

  /** The classes that no box has, which can be renamed. */
  get unusedClasses(): readonly string[] {
    const counts = this.get('counts');
    return this.get('classes').filter((_, at) => counts[at] === 0);
  }

  /** Add a class; the next new box gets it. */
  addClass(name: string): void {
    this._label = name;
    this.edit('add_class', { name });
  }

  /** Give a class without boxes another name; the next new box gets it. */
  renameClass(label: string, name: string): void {
    this._label = name;
    if (name !== label) {
      this.edit('rename_class', { label, name });
    }
  }

  /** Move a corner; the opposite one stays. */
  override moveCorner(at: number, to: Point): void {
    const opposite = this.draft?.[(at + 2) % 4];
    if (!opposite) {
      return;
    }
    const [width, height] = this.get('size');
    const isLeft = at === 0 || at === 3;
    const isTop = at < 2;
    const x = side(to[0], opposite[0], isLeft, width);
    const y = side(to[1], opposite[1], isTop, height);
    this.draft = rectangle(...bounds([[x, y], opposite]));
  }

  override moveDraft([byX, byY]: Point): void {
    if (this.draft === null) {
      return;
    }
    const [left, top, right, bottom] = bounds(this.draft);
    const [width, height] = this.get('size');
    const x = between(byX, -left, width - right);
    const y = between(byY, -top, height - bottom);
    this.draft = rectangle(left + x, top + y, right + x, bottom + y);
  }

  override drawBetween(one: Point, other: Point): void {
    super.drawBetween(this._inside(one), this._inside(other));
  }

  protected override get received(): readonly IDeskBox[] {
    return this.get('boxes');
  }

  protected override newValues(): Readonly<Record<string, unknown>> {
    return { label: this.label };
  }

  private _inside([x, y]: Point): Point {
    const [width, height] = this.get('size');
    return [between(x, 0, width), between(y, 0, height)];
  }

  private _label = '';
}

function between(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}

/** Where a side comes to: inside the picture, and not past the opposite one. */
function side(
  to: number,
  opposite: number,
  isFirst: boolean,
  size: number
): number {
  return isFirst
    ? between(to, 0, opposite - SMALLEST)
    : between(to, opposite + SMALLEST, size);
}
