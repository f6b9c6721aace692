import type { ITranslation } from '../base/translation';
import type { IRow } from '../desk/item-list';
import { make } from '../text/elements';
import type { IDeskLine } from './desk-lines';
import { SIGNS, statusOf } from './desk-lines';
import type { LineState } from './line-state';

/**
 * A line in the list: sign, text, confidence. Only what changed is touched.
 */
export class LineRow implements IRow<IDeskLine> {
  constructor(
    private readonly _state: LineState,
    private readonly _trans: ITranslation
  ) {}

  get cells(): readonly HTMLElement[] {
    return [this._sign, this._text, this._confidence];
  }

  fill(line: IDeskLine, node: HTMLElement): void {
    const kind = statusOf(line, this._state.get('doubt_below'));
    if (this._line === line && node.dataset.status === kind) {
      return;
    }
    this._line = line;
    const status = this._statusText(line);
    node.dataset.status = kind;
    this._sign.textContent = SIGNS[kind];
    this._sign.title = status;
    this._text.textContent = line.text;
    this._text.title = line.text;
    this._text.classList.toggle('pw-mod-difficult', line.difficult);
    this._confidence.textContent =
      line.confidence === null ? '–' : line.confidence.toFixed(2);
    this._confidence.style.setProperty(
      '--pw-share',
      `${Math.round((line.confidence ?? 0) * 100)}%`
    );
    node.setAttribute(
      'aria-label',
      `${line.text} (${status}, ${this._confidence.textContent})`
    );
  }

  private _statusText(line: IDeskLine): string {
    const status = this._statusName(line);
    return line.difficult
      ? `${status}, ${this._trans.__('difficult')}`
      : status;
  }

  private _statusName(line: IDeskLine): string {
    switch (statusOf(line, this._state.get('doubt_below'))) {
      case 'checked':
        return this._trans.__('checked');
      case 'doubtful':
        return this._trans.__('doubtful');
      case 'sure':
        return this._trans.__('not checked');
    }
  }

  private readonly _sign = make('span', 'pw-Desk-sign');
  private readonly _text = make('span', 'pw-Desk-text');
  private readonly _confidence = make('span', 'pw-Desk-confidence');
  private _line: IDeskLine | null = null;
}
