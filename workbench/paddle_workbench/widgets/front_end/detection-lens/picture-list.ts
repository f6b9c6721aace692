import type { ITranslation } from '../base/translation';
import { freshId, make } from '../text/elements';
import type { LensModel } from './lens-model';

interface IPictureListOptions {
  readonly model: LensModel;
  readonly hasTruth: boolean;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  readonly onChoose: (index: number) => void;
}

/**
 * The pictures with their mistakes, in the order of the model; the arrow keys choose one.
 */
export class PictureList {
  constructor(private readonly _options: IPictureListOptions) {
    const { model, hasTruth, trans, signal, onChoose } = _options;
    const id = freshId('pw-lens');
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'listbox');
    this.node.setAttribute(
      'aria-label',
      hasTruth
        ? trans.__('Pictures, most mistakes first')
        : trans.__('Pictures')
    );
    this._rows = model.pictures.map(({ name }, at) => {
      const row = make('div', 'pw-DetectionLens-row');
      row.id = `${id}-${at}`;
      row.setAttribute('role', 'option');
      const label = make('span', 'pw-DetectionLens-rowName');
      label.append(make('bdi', '', name));
      row.append(label, make('span', 'pw-DetectionLens-rowCount'));
      row.title = name;
      row.addEventListener(
        'click',
        () => {
          onChoose(at);
        },
        { signal }
      );
      return row;
    });
    this.node.addEventListener('keydown', this._onKey, { signal });
  }

  readonly node = make('div', 'pw-DetectionLens-list');

  draw(index: number): void {
    const { model } = this._options;
    const rows = model.order.flatMap(at => this._rows[at] ?? []);
    if (rows.some((row, at) => this.node.children[at] !== row)) {
      this.node.replaceChildren(...rows);
    }
    model.order.forEach(at => {
      const [, mistakes] = this._rows[at]?.children ?? [];
      if (mistakes !== undefined) {
        mistakes.textContent = this._countOf(at);
      }
      this._rows[at]?.setAttribute('aria-selected', String(at === index));
    });
    this._reveal(index);
  }

  private _countOf(at: number): string {
    const { hasTruth, model, trans } = this._options;
    const outcome = model.outcomes[at];
    if (outcome === undefined) {
      return '';
    }
    return hasTruth
      ? trans.__('+%1 −%2', outcome.invented, outcome.missed.length)
      : String(outcome.boxes.length);
  }

  private _reveal(index: number): void {
    const row = this._rows[index];
    if (row === undefined) {
      return;
    }
    this.node.setAttribute('aria-activedescendant', row.id);
    // Not scrollIntoView, which would scroll the notebook too.
    const { offsetTop, offsetHeight } = row;
    const { scrollTop, clientHeight } = this.node;
    if (offsetTop < scrollTop) {
      this.node.scrollTop = offsetTop;
    } else if (offsetTop + offsetHeight > scrollTop + clientHeight) {
      this.node.scrollTop = offsetTop + offsetHeight - clientHeight;
    }
  }

  private readonly _onKey = (event: KeyboardEvent): void => {
    const { model, onChoose } = this._options;
    const { order } = model;
    const chosen = this.node.getAttribute('aria-activedescendant');
    const place = order.findIndex(at => this._rows[at]?.id === chosen);
    const next = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      Home: 0,
      End: order.length - 1
    }[event.key];
    if (next === undefined) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const index = order[next];
    if (index !== undefined) {
      onChoose(index);
    }
  };

  private readonly _rows: readonly HTMLElement[];
}
