import type { IModel, ITraits } from '../base/model';
import type { IDeskItem, Point } from './desk-items';
import {
  bounds,
  firstChanged,
  itemInPlace,
  nextItem,
  rectangle
} from './desk-items';

/** A page in the list of pages. */
export interface IDeskPage {
  readonly name: string;
  readonly failure: string;
}

/** The traits of every desk. */
export interface IDeskTraits extends ITraits {
  pages: readonly IDeskPage[];
  index: number;
  shown: number;
  picture: DataView;
  size: readonly [number, number];
  can_undo: boolean;
  can_redo: boolean;
  notices: readonly string[];
  failure: string;
  answered: number;
}

/** What is being done with the selected line. */
export type Mode = 'walk' | 'edit' | 'split' | 'redraw' | 'draw';

/**
 * What the parts of a desk share: the selected item, what is being done with it, and the requests
 * that the kernel has not answered yet. It knows no DOM.
 */
export abstract class DeskState<
  Item extends IDeskItem = IDeskItem,
  Traits extends IDeskTraits = IDeskTraits
> {
  constructor(protected readonly model: IModel<Traits>) {
    this._sent = model.get('answered');
    this._shown = model.get('shown');
  }

  selected: number | null = null;
  mode: Mode = 'walk';
  /** Four corners that are being drawn, and which of them the arrows move. */
  draft: Point[] | null = null;
  corner = 0;
  /** Quarter turns of the view, clockwise. */
  turns = 0;

  get<Name extends keyof Traits>(name: Name): Traits[Name] {
    return this.model.get(name);
  }

  /**
   * The items of the page that is shown. A box that was moved is where it was put before the kernel
   * has answered: the next key may move it on from there.
   */
  get items(): readonly Item[] {
    const received = this.received;
    const answered = this.model.get('answered');
    const moves = this._moves.filter(
      ({ request, page }) => request > answered && page === this._shown
    );
    if (moves.length === 0) {
      return received;
    }
    const key = moves.map(({ request }) => request).join();
    if (this._moved.key !== key || this._moved.received !== received) {
      const places = new Map(moves.map(({ id, points }) => [id, points]));
      const items = received.map(item => {
        const points = places.get(item.id);
        return points ? { ...item, points } : item;
      });
      this._moved = { items, key, received };
    }
    return this._moved.items;
  }

  get item(): Item | undefined {
    return this.items.find(item => item.id === this.selected);
  }

  get page(): Traits['pages'][number] | undefined {
    return this.model.get('pages')[this.model.get('shown')];
  }

  /** Requests that are on their way: what they ask for is not on disk yet. */
  get pending(): number {
    return Math.max(0, this._sent - this.model.get('answered'));
  }

  /** Whether another page was asked for and has not come yet. */
  get isTurning(): boolean {
    return this.model.get('index') !== this._shown;
  }

  /** Take in what the kernel says; the selection stays where it was. */
  refresh(): void {
    const shown = this.model.get('shown');
    if (shown !== this._shown) {
      this._shown = shown;
      this.turns = 0;
      this.leave();
      this.selectFirst();
    } else if (this.items !== this._before) {
      const changed = this._follows
        ? firstChanged(this.items, this._before)
        : null;
      this._follows = false;
      this.selected =
        changed ?? itemInPlace(this.items, this._before, this.selected);
    }
    this._before = this.items;
  }

  leave(): void {
    this.mode = 'walk';
    this.draft = null;
  }

  /** Go to an item in a direction, of those that are listed. Returns whether there is one. */
  step(by: 1 | -1): boolean {
    return this.stepTo(by, item => this.isListed(item));
  }

  /** Move a corner of the box that is being drawn. */
  moveCorner(at: number, to: Point): void {
    if (this.draft !== null) {
      this.draft[at] = to;
    }
  }

  /** Move the box that is being drawn. */
  moveDraft(by: Point): void {
    this.draft =
      this.draft?.map(([x, y]): Point => [x + by[0], y + by[1]]) ?? null;
  }

  /** Draw an upright box between two corners. */
  drawBetween(one: Point, other: Point): void {
    this.draft = rectangle(...bounds([one, other]));
  }

  /** Save the box that is being drawn: a new one, or the place of the selected one. */
  commit(): void {
    const points = this.draft;
    if (points !== null && this.mode === 'draw') {
      this.edit('add', { points, ...this.newValues() });
    } else if (points !== null && this.selected !== null) {
      const id = this.selected;
      this.edit('redraw', { id, points });
      const answered = this.model.get('answered');
      this._moves = [
        ...this._moves.filter(({ request }) => request > answered),
        { id, points, request: this._sent, page: this._shown }
      ];
    }
    this.leave();
  }

  /** Ask for an edit of the page that is shown. */
  edit(edit: string, values: Readonly<Record<string, unknown>> = {}): void {
    // Where these happen the eye wants to be.
    this._follows = ['undo', 'redo', 'add'].includes(edit);
    this.request('edit', { edit, values });
  }

  request(what: string, more: Readonly<Record<string, unknown>> = {}): void {
    this._sent = Math.max(this._sent, this.model.get('answered')) + 1;
    this.model.send({ n: this._sent, do: what, index: this._shown, ...more });
  }

  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void {
    this.model.set(name, value);
    this.model.save_changes();
  }

  /** Turn to another page. Returns whether there is one. */
  turn(by: 1 | -1): boolean {
    const index = this.model.get('index') + by;
    const exists = index >= 0 && index < this.model.get('pages').length;
    if (exists) {
      this.set('index', index);
    }
    return exists;
  }

  /** The items as the kernel sent them. */
  protected abstract get received(): readonly Item[];

  /** What a new box has besides its corners. */
  protected newValues(): Readonly<Record<string, unknown>> {
    return {};
  }

  /** Whether an item is in the list. */
  protected isListed(item: Item): boolean {
    return this.items.includes(item);
  }

  /** Select the item to begin with; each desk calls it when it is complete. */
  protected selectFirst(): void {
    this.selected = this.items[0]?.id ?? null;
    this._before = this.items;
  }

  protected stepTo(by: 1 | -1, wanted: (item: Item) => boolean): boolean {
    const found = nextItem(this.items, this.selected, by, wanted);
    this.selected = found ?? this.selected;
    return found !== null;
  }

  /** The boxes that were moved by requests that may not be answered yet. */
  private _moves: readonly {
    readonly id: number;
    readonly points: readonly Point[];
    readonly request: number;
    readonly page: number;
  }[] = [];
  private _moved: {
    readonly items: readonly Item[];
    readonly key: string;
    readonly received: readonly Item[];
  } = { items: [], key: '', received: [] };
  private _follows = false;
  private _sent: number;
  private _shown: number;
  private _before: readonly Item[] = [];
}
