import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import type { Action } from './desk-actions';
import type { DeskState } from './desk-state';

interface IPagePickerOptions {
  readonly state: DeskState;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  readonly action: (action: Action) => void;
  /** What is shown of a page in the list. */
  readonly texts: () => readonly string[];
}

/**
 * The pages of a desk: the previous, one of the list, the next.
 */
export class PagePicker {
  constructor(private readonly _options: IPagePickerOptions) {
    const { state, trans, action, signal } = _options;
    this._previous = button('‹', trans.__('Previous page'), signal, () => {
      action('previous-page');
    });
    this._next = button('›', trans.__('Next page'), signal, () => {
      action('next-page');
    });
    this._pages = make('select', 'pw-Desk-pages');
    this._pages.setAttribute('aria-label', trans.__('Page'));
    this._pages.addEventListener(
      'change',
      () => {
        state.set('index', Number(this._pages.value));
      },
      { signal }
    );
  }

  get nodes(): readonly HTMLElement[] {
    return [this._previous, this._pages, this._next];
  }

  draw(): void {
    const { state } = this._options;
    const index = state.get('index');
    const texts = this._options.texts();
    if (texts.join('\n') !== this._texts) {
      this._texts = texts.join('\n');
      this._pages.replaceChildren(
        ...texts.map((text, at) => {
          const option = make('option', '', text);
          option.value = String(at);
          return option;
        })
      );
    }
    this._pages.value = String(index);
    // What would take the page away from under a box that is being drawn.
    const drawing = state.draft !== null;
    this._pages.disabled = drawing;
    this._previous.disabled = drawing || index === 0;
    this._next.disabled = drawing || index === texts.length - 1;
  }

  private readonly _previous: HTMLButtonElement;
  private readonly _next: HTMLButtonElement;
  private readonly _pages: HTMLSelectElement;
  private _texts = '';
}

/** Make a button of a bar; a label says what a sign means. */
export function button(
  text: string,
  label: string,
  signal: AbortSignal,
  onClick: () => void
): HTMLButtonElement {
  const node = make('button', 'pw-Text-button', text);
  node.type = 'button';
  if (label !== '') {
    node.title = label;
    node.setAttribute('aria-label', label);
  }
  node.addEventListener('click', onClick, { signal });
  return node;
}
