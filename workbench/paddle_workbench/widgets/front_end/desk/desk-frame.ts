import type { IDrawing } from '../base/drawing';
import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import type { Action, DeskActions } from './desk-actions';
import type { IDeskItem } from './desk-items';
import type { DeskState, IDeskTraits } from './desk-state';
import type { HelpSheet } from './help-sheet';
import { KernelWatch } from './kernel-watch';
import type { PageCanvas } from './page-canvas';

/** A part of the desk that is drawn again when something has changed. */
interface IPart {
  readonly node: HTMLElement;
  draw(): void;
}

interface IDeskFrameOptions<
  Item extends IDeskItem,
  Own extends string,
  Traits extends IDeskTraits,
  State extends DeskState<Item, Traits>
> {
  readonly drawing: IDrawing<Traits>;
  readonly label: string;
  readonly state: State;
  readonly canvas: PageCanvas<Item>;
  readonly actions: DeskActions<Item, Own, State>;
  readonly sheet: HelpSheet;
  readonly bar: IPart;
  readonly side: readonly IPart[];
  /** The traits whose changes are drawn, besides those of every desk. */
  readonly traits: readonly (keyof Traits & string)[];
  readonly actionOf: (event: KeyboardEvent) => Action | Own | undefined;
  /** The text on a page without items or without a picture; empty for none. */
  readonly placeholder: () => string;
  /** The sentences below the page. */
  readonly summary: () => readonly string[];
}

const TRAITS = [
  'pages',
  'index',
  'shown',
  'can_undo',
  'notices',
  'failure',
  'answered'
] as const;

/**
 * The frame of a desk: its parts in their places, keys, messages, and when they are drawn.
 */
export class DeskFrame<
  Item extends IDeskItem,
  Own extends string,
  Traits extends IDeskTraits,
  State extends DeskState<Item, Traits>
> {
  constructor(
    private readonly _options: IDeskFrameOptions<Item, Own, Traits, State>
  ) {
    const { bar, canvas, drawing, label, sheet, side, state } = _options;
    const { onChange, root, signal } = drawing;
    root.classList.add('pw-Desk');
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', label);
    this._watch = new KernelWatch(state, signal, () => {
      this.draw();
    });
    this._failure.setAttribute('role', 'alert');
    this._message.setAttribute('aria-live', 'polite');
    const page = this._page;
    page.append(canvas.node, this._placeholder, sheet.node);
    const column = make('div', 'pw-Desk-side');
    column.append(...side.map(each => each.node));
    const middle = make('div', 'pw-Desk-middle');
    middle.append(page, column);
    const foot = make('div', 'pw-Desk-foot');
    foot.append(this._summary, this._message);
    root.append(bar.node, this._failure, middle, foot);
    root.addEventListener('keydown', this._onKey, { signal });
    for (const name of [...TRAITS, ..._options.traits]) {
      onChange(name, this._onChange);
    }
    onChange('picture', this._onPicture);
    this._onPicture();
    this._showNotices();
    this.draw();
  }

  draw(): void {
    const { bar, canvas, drawing, placeholder, side, state, summary } =
      this._options;
    bar.draw();
    for (const part of side) {
      part.draw();
    }
    canvas.draw();
    this._page.setAttribute('aria-busy', String(state.isTurning));
    this._watch.look();
    const { trans } = drawing;
    const failure = this._watch.silent
      ? trans.__(
          'The kernel is not responding: %1 edits are not kept. Is it running, or busy with a cell?',
          state.pending
        )
      : state.get('failure');
    this._failure.hidden = failure === '';
    if (this._failure.textContent !== failure) {
      this._failure.textContent = failure;
    }
    this._placeholder.textContent = placeholder();
    // Boxes are drawn beneath it.
    this._placeholder.classList.toggle(
      'pw-mod-over',
      state.get('picture').byteLength > 0
    );
    this._placeholder.hidden = this._placeholder.textContent === '';
    this._summary.textContent = [
      savingText(state, trans),
      ...summary(),
      trans.__('Press ? for keyboard shortcuts')
    ].join('  ·  ');
  }

  showMessage(text: string): void {
    this._message.textContent = text;
  }

  private readonly _onKey = (event: KeyboardEvent): void => {
    const { actionOf, actions, sheet } = this._options;
    const target = event.target as HTMLElement;
    if (
      target.matches('input, select') ||
      (target.matches('button') && ['Enter', ' '].includes(event.key))
    ) {
      event.stopPropagation();
      return;
    }
    const drawn = actions.draw(event);
    const action = drawn ? undefined : actionOf(event);
    // JupyterLab would take plain keys for commands: d d deletes the cell.
    if (!event.ctrlKey && !event.metaKey && event.key !== 'Tab') {
      event.stopPropagation();
    }
    if (!drawn && action === undefined) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (action === 'leave' && sheet.toggle(false)) {
      return;
    }
    if (action !== undefined) {
      this.showMessage('');
      actions.run(action);
    }
    this.draw();
  };

  private readonly _onChange = (): void => {
    const { canvas, state } = this._options;
    const before = state.selected;
    state.refresh();
    if (state.selected !== before) {
      canvas.reveal();
    }
    this._showNotices();
    this.draw();
  };

  private readonly _onPicture = (): void => {
    const { canvas, state } = this._options;
    canvas.setPicture(state.get('picture')).catch((error: unknown) => {
      this._failure.hidden = false;
      this._failure.textContent = String(error);
    });
  };

  private _showNotices(): void {
    const text = this._options.state.get('notices').join(' ');
    if (text !== this._notices) {
      this._notices = text;
      this.showMessage(text);
    }
  }

  private readonly _failure = make('div', 'pw-Widget-failure');
  private readonly _message = make('span', 'pw-Text-note');
  private readonly _page = make('div', 'pw-Desk-page');
  private readonly _placeholder = make('div', 'pw-Desk-empty');
  private readonly _summary = make('span', 'pw-Text-note pw-Desk-summary');
  private readonly _watch: KernelWatch;
  private _notices = '';
}

/** Whether the kernel keeps every edit; what is in a file of the user, each desk says. */
function savingText(state: DeskState, trans: ITranslation): string {
  return state.pending > 0
    ? trans.__('Keeping edits: %1 …', state.pending)
    : trans.__('✓ Edits kept in the workbench');
}
