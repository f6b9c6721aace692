import type { IModel, ITraits } from '../base/model';
import type { IDeskLine, IPageSummary, Point } from './desk-lines';
import { firstChanged, lineInPlace, nextLine, statusOf } from './desk-lines';

export interface IDeskTraits extends ITraits {
  pages: readonly IPageSummary[];
  index: number;
  shown: number;
  picture: DataView;
  size: readonly [number, number];
  lines: readonly IDeskLine[];
  can_undo: boolean;
  can_redo: boolean;
  doubt_below: number;
  only_doubtful: boolean;
  running: boolean;
  seconds_a_page: number;
  notices: readonly string[];
  failure: string;
  answered: number;
  label_folder: string;
}

/** What is being done with the selected line. */
export type Mode = 'walk' | 'edit' | 'split' | 'redraw' | 'draw';

/**
 * What the parts of the desk share: the selected line, what is being done with it, and the requests
 * that the kernel has not answered yet. It knows no DOM.
 */
export class DeskState {
  constructor(private readonly _model: IModel<IDeskTraits>) {
    this._sent = _model.get('answered');
    this._shown = _model.get('shown');
    this._selectFirst();
  }

  selected: number | null = null;
  mode: Mode = 'walk';
  /** Four corners that are being drawn, and which of them the arrows move. */
  draft: Point[] | null = null;
  corner = 0;
  /** Quarter turns of the view, clockwise. */
  turns = 0;

  get<Name extends keyof IDeskTraits>(name: Name): IDeskTraits[Name] {
    return this._model.get(name);
  }

  get lines(): readonly IDeskLine[] {
    return this._model.get('lines');
  }

  get line(): IDeskLine | undefined {
    return this.lines.find(line => line.id === this.selected);
  }

  get page(): IPageSummary | undefined {
    return this._model.get('pages')[this._model.get('shown')];
  }

  /** Requests that are on their way: what they ask for is not on disk yet. */
  get pending(): number {
    return Math.max(0, this._sent - this._model.get('answered'));
  }

  /** Take in what the kernel says; the selection stays where it was. */
  refresh(): void {
    const shown = this._model.get('shown');
    if (shown !== this._shown) {
      this._shown = shown;
      this.turns = 0;
      this.leave();
      this._selectFirst();
    } else if (this.lines !== this._before) {
      const changed = this._follows
        ? firstChanged(this.lines, this._before)
        : null;
      this._follows = false;
      this.selected =
        changed ?? lineInPlace(this.lines, this._before, this.selected);
    }
    this._before = this.lines;
  }

  leave(): void {
    this.mode = 'walk';
    this.draft = null;
  }

  /** Go to a line in a direction; of doubtful lines alone if asked. Returns whether there is one. */
  step(by: 1 | -1, doubtful: boolean): boolean {
    const below = this._model.get('doubt_below');
    const listed = doubtful || this._model.get('only_doubtful');
    const found = nextLine(
      this.lines,
      this.selected,
      by,
      line => !listed || statusOf(line, below) === 'doubtful'
    );
    this.selected = found ?? this.selected;
    return found !== null;
  }

  /** Ask for an edit of the page that is shown. */
  edit(edit: string, values: Readonly<Record<string, unknown>> = {}): void {
    // Where these happen the eye wants to be.
    this._follows = ['undo', 'redo', 'add'].includes(edit);
    this.request('edit', { edit, values });
  }

  request(what: string, more: Readonly<Record<string, unknown>> = {}): void {
    this._sent = Math.max(this._sent, this._model.get('answered')) + 1;
    this._model.send({ n: this._sent, do: what, index: this._shown, ...more });
  }

  set<Name extends keyof IDeskTraits>(
    name: Name,
    value: IDeskTraits[Name]
  ): void {
    this._model.set(name, value);
    this._model.save_changes();
  }

  /** Turn to another page. Returns whether there is one. */
  turn(by: 1 | -1): boolean {
    const index = this._model.get('index') + by;
    const exists = index >= 0 && index < this._model.get('pages').length;
    if (exists) {
      this.set('index', index);
    }
    return exists;
  }

  private _selectFirst(): void {
    this.selected = null;
    if (!this.step(1, true)) {
      this.selected = this.lines[0]?.id ?? null;
    }
    this._before = this.lines;
  }

  private _follows = false;
  private _sent: number;
  private _shown: number;
  private _before: readonly IDeskLine[] = [];
}
