import type { IRow } from '../desk/item-list';
import { make } from '../text/elements';
import { colourOf } from './box-look';
import type { BoxState, IDeskBox } from './box-state';

/**
 * A box in the list: colour and name of its class, its size.
 */
export class BoxRow implements IRow<IDeskBox> {
  constructor(private readonly _state: BoxState) {}

  get cells(): readonly HTMLElement[] {
    return [this._sign, this._text, this._size];
  }

  fill(box: IDeskBox, node: HTMLElement): void {
    const place = this._state.get('classes').indexOf(box.label);
    this._sign.style.setProperty('--pw-class', `var(${colourOf(place)})`);
    if (this._box === box) {
      return;
    }
    this._box = box;
    const [from, , to] = box.points;
    const [width, height] = [0, 1].map(at =>
      Math.round((to?.[at] ?? 0) - (from?.[at] ?? 0))
    );
    this._text.textContent = box.label;
    this._text.title = box.label;
    this._size.textContent = `${width} × ${height}`;
    node.setAttribute('aria-label', `${box.label} (${width} × ${height})`);
  }

  private readonly _sign = make('span', 'pw-Desk-swatch');
  private readonly _text = make('span', 'pw-Desk-text');
  private readonly _size = make('span', 'pw-Desk-size');
  private _box: IDeskBox | null = null;
}
