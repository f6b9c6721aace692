import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';

/**
 * The keys and what they do; `?` opens it, Esc or a click closes it.
 */
export class HelpSheet {
  constructor(
    keys: readonly (readonly [string, string])[],
    trans: ITranslation,
    signal: AbortSignal,
    private readonly _onClose: () => void
  ) {
    this.node = make('div', 'pw-Desk-help');
    this.node.hidden = true;
    this.node.tabIndex = -1;
    this.node.setAttribute('role', 'dialog');
    this.node.setAttribute('aria-label', trans.__('Keyboard shortcuts'));
    const table = make('dl', 'pw-Desk-keys');
    for (const [shortcuts, what] of keys) {
      const key = make('dt');
      key.append(
        ...shortcuts.split(' ').map(each => make('kbd', 'pw-Desk-key', each))
      );
      table.append(key, make('dd', '', what));
    }
    this.node.append(table);
    this.node.addEventListener(
      'keydown',
      event => {
        event.stopPropagation();
        if (event.key === 'Escape' || event.key === '?') {
          event.preventDefault();
          this.toggle(false);
        }
      },
      { signal }
    );
    this.node.addEventListener(
      'click',
      () => {
        this.toggle(false);
      },
      { signal }
    );
  }

  readonly node: HTMLElement;

  /** Open or close it. Returns whether it was the other way before. */
  toggle(open = this.node.hidden): boolean {
    if (this.node.hidden === !open) {
      return false;
    }
    this.node.hidden = !open;
    if (open) {
      this.node.focus({ preventScroll: true });
    } else {
      this._onClose();
    }
    return true;
  }
}
