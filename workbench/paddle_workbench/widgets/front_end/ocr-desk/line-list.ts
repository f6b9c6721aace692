import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import type { IDeskLine } from './desk-lines';
import { SIGNS, statusOf } from './desk-lines';
import type { DeskState } from './desk-state';

interface IRow {
  readonly node: HTMLElement;
  readonly number: HTMLElement;
  readonly sign: HTMLElement;
  readonly text: HTMLElement;
  readonly confidence: HTMLElement;
  line: IDeskLine | null;
}

/**
 * The lines in reading order: number, sign, text, confidence. Only rows that changed are touched.
 */
export class LineList {
  constructor(
    private readonly _state: DeskState,
    private readonly _trans: ITranslation,
    private readonly _id: string,
    signal: AbortSignal,
    onChange: () => void
  ) {
    this.node = make('div', 'pw-OcrDesk-lines');
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'listbox');
    this.node.setAttribute('aria-label', _trans.__('Lines'));
    this.node.addEventListener(
      'click',
      event => {
        const row = (event.target as Element).closest('[data-line]');
        if (row instanceof HTMLElement) {
          this._state.selected = Number(row.dataset.line);
          onChange();
        }
      },
      { signal }
    );
    this.node.addEventListener(
      'dblclick',
      () => {
        this._state.mode = 'edit';
        onChange();
      },
      { signal }
    );
  }

  readonly node: HTMLElement;

  draw(): void {
    const state = this._state;
    const below = state.get('doubt_below');
    const listed = state.get('only_doubtful')
      ? state.lines.filter(
          line =>
            line.id === state.selected || statusOf(line, below) === 'doubtful'
        )
      : state.lines;
    const places = new Map(state.lines.map((line, at) => [line.id, at + 1]));
    const nodes = listed.map(line => {
      const row = this._rows.get(line.id) ?? this._make(line.id);
      this._fill(row, line, places.get(line.id) ?? 0, below);
      return row.node;
    });
    for (const id of this._rows.keys()) {
      if (!places.has(id)) {
        this._rows.delete(id);
      }
    }
    const same =
      nodes.length === this.node.childElementCount &&
      nodes.every((node, at) => this.node.children[at] === node);
    if (!same) {
      this.node.replaceChildren(...nodes);
    }
    this._markSelected();
  }

  private _markSelected(): void {
    const row = this._rows.get(this._state.selected ?? -1);
    if (row !== this._marked) {
      this._marked?.node.setAttribute('aria-selected', 'false');
      this._marked = row;
    }
    row?.node.setAttribute('aria-selected', 'true');
    if (row) {
      this.node.setAttribute('aria-activedescendant', row.node.id);
      // Not scrollIntoView, which would scroll the notebook too.
      const { offsetTop, offsetHeight } = row.node;
      const { scrollTop, clientHeight } = this.node;
      if (offsetTop < scrollTop) {
        this.node.scrollTop = offsetTop;
      } else if (offsetTop + offsetHeight > scrollTop + clientHeight) {
        this.node.scrollTop = offsetTop + offsetHeight - clientHeight;
      }
    } else {
      this.node.removeAttribute('aria-activedescendant');
    }
  }

  private _make(id: number): IRow {
    const node = make('div', 'pw-OcrDesk-line');
    node.id = `${this._id}-${id}`;
    node.dataset.line = String(id);
    node.setAttribute('role', 'option');
    node.setAttribute('aria-selected', 'false');
    const row: IRow = {
      node,
      number: make('span', 'pw-OcrDesk-number'),
      sign: make('span', 'pw-OcrDesk-sign'),
      text: make('span', 'pw-OcrDesk-text'),
      confidence: make('span', 'pw-OcrDesk-confidence'),
      line: null
    };
    node.append(row.number, row.sign, row.text, row.confidence);
    this._rows.set(id, row);
    return row;
  }

  private _fill(
    row: IRow,
    line: IDeskLine,
    place: number,
    below: number
  ): void {
    row.number.textContent = String(place);
    const kind = statusOf(line, below);
    if (row.line === line && row.node.dataset.status === kind) {
      return;
    }
    row.line = line;
    row.node.dataset.status = kind;
    row.sign.textContent = SIGNS[kind];
    row.sign.title = this._statusText(line, below);
    row.text.textContent = line.text;
    row.text.title = line.text;
    row.text.classList.toggle('pw-mod-difficult', line.difficult);
    row.confidence.textContent =
      line.confidence === null ? '–' : line.confidence.toFixed(2);
    row.confidence.style.setProperty(
      '--pw-share',
      `${Math.round((line.confidence ?? 0) * 100)}%`
    );
    row.node.setAttribute(
      'aria-label',
      `${line.text} (${this._statusText(line, below)}, ${row.confidence.textContent})`
    );
  }

  private _statusText(line: IDeskLine, below: number): string {
    const status = this._statusName(line, below);
    return line.difficult
      ? `${status}, ${this._trans.__('difficult')}`
      : status;
  }

  private _statusName(line: IDeskLine, below: number): string {
    switch (statusOf(line, below)) {
      case 'checked':
        return this._trans.__('checked');
      case 'doubtful':
        return this._trans.__('doubtful');
      case 'sure':
        return this._trans.__('not checked');
    }
  }

  private readonly _rows = new Map<number, IRow>();
  private _marked: IRow | undefined;
}
