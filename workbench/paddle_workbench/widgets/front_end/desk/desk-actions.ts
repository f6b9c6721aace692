import type { ITranslation } from '../base/translation';
import type { IDeskItem, Point } from './desk-items';
import type { DeskState } from './desk-state';
import type { PageCanvas } from './page-canvas';

const ZOOM_STEP = 1.25;
const PAN_STEP = 60;

/** The actions of keys and buttons on every desk. */
const ACTIONS = [
  'next',
  'previous',
  'redraw',
  'draw',
  'delete',
  'undo',
  'redo',
  'next-page',
  'previous-page',
  'zoom-in',
  'zoom-out',
  'fit',
  'fit-item',
  'turn-view',
  'pan-left',
  'pan-right',
  'pan-up',
  'pan-down',
  'save',
  'help',
  'leave'
] as const;

export type Action = (typeof ACTIONS)[number];

/** The actions on the items of a page. */
const EDITS: readonly string[] = ['redraw', 'draw', 'delete', 'undo', 'redo'];

/** What the actions of a desk need. */
export interface IDeskActionsOptions<Item extends IDeskItem, State> {
  readonly state: State;
  readonly canvas: PageCanvas<Item>;
  readonly trans: ITranslation;
  readonly showMessage: (text: string) => void;
  /** Begin to edit the selected item outside the picture. */
  readonly edit: () => void;
  readonly help: () => void;
}

/**
 * Performs the actions of keys and buttons; each desk adds its own.
 */
export abstract class DeskActions<
  Item extends IDeskItem,
  Own extends string,
  State extends DeskState<Item>
> {
  constructor(protected readonly options: IDeskActionsOptions<Item, State>) {}

  run(action: Action | Own): void {
    const { state, trans } = this.options;
    // A key that was meant for the next page must not change this one.
    const isEdit = EDITS.includes(action) || !isShared(action);
    if (isEdit && state.isTurning) {
      this.showMessage(trans.__('The page is still coming. Press again.'));
    } else {
      this.act(action);
    }
  }

  protected act(action: Action | Own): void {
    const { state, canvas, trans } = this.options;
    // While corners are drawn, only the view changes besides.
    if (state.draft !== null && action !== 'leave' && action !== 'help') {
      this._view(action);
      return;
    }
    switch (action) {
      case 'next':
      case 'previous':
        state.step(action === 'next' ? 1 : -1);
        canvas.reveal();
        return;
      case 'next-page':
      case 'previous-page':
        if (!state.turn(action === 'next-page' ? 1 : -1)) {
          this.showMessage(trans.__('There are no more pages.'));
        }
        return;
      case 'undo':
      case 'redo':
        state.edit(action);
        return;
      case 'draw':
        state.mode = 'draw';
        state.draft = canvas.newBox();
        state.corner = 0;
        canvas.node.focus({ preventScroll: true });
        return;
      case 'redraw':
        this.onItem(item => {
          this.redraw(item);
        });
        return;
      case 'delete':
        this.onItem(({ id }) => {
          state.edit('delete', { id });
        });
        return;
      case 'save':
        state.request('save');
        return;
      case 'help':
        this.options.help();
        return;
      case 'leave':
        state.leave();
        return;
      default:
        if (isShared(action)) {
          this._view(action);
        } else {
          this.perform(action);
        }
    }
  }

  /** Move the corners that are being drawn. Returns whether the key has a meaning here. */
  draw(event: KeyboardEvent): boolean {
    const { state } = this.options;
    const draft = state.draft;
    if (!draft) {
      return false;
    }
    // By a pixel of the screen: large pictures are shown smaller.
    const pixel = Math.max(1, Math.round(this.options.canvas.pixel));
    const step = pixel * (event.shiftKey ? 10 : 1);
    const moves: Record<string, Point> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step]
    };
    const move = moves[event.key];
    if (move) {
      // Alt moves the whole box.
      if (event.altKey) {
        state.moveDraft(move);
      } else {
        const [x, y] = draft[state.corner] ?? [0, 0];
        state.moveCorner(state.corner, [x + move[0], y + move[1]]);
      }
      return true;
    }
    if (event.key === 'Tab') {
      state.corner = (state.corner + (event.shiftKey ? 3 : 1)) % 4;
      return true;
    }
    if (event.key === 'Enter') {
      state.commit();
      return true;
    }
    return false;
  }

  /** Perform an action that only this desk has. */
  protected abstract perform(action: Own): void;

  /** What to say if an item has to be selected first. */
  protected abstract get noSelection(): string;

  protected redraw(item: Item): void {
    const { state, canvas } = this.options;
    state.mode = 'redraw';
    state.draft = [...item.points];
    state.corner = 0;
    canvas.node.focus({ preventScroll: true });
  }

  /** Do something with the selected item, or say that there is none. */
  protected onItem(what: (item: Item) => void): void {
    const { item } = this.options.state;
    if (item) {
      what(item);
    } else {
      this.showMessage(this.noSelection);
    }
  }

  protected showMessage(text: string): void {
    this.options.showMessage(text);
  }

  private _view(action: string): void {
    const { state, canvas } = this.options;
    switch (action) {
      case 'zoom-in':
        canvas.zoom(ZOOM_STEP);
        return;
      case 'zoom-out':
        canvas.zoom(1 / ZOOM_STEP);
        return;
      case 'fit':
        canvas.fit();
        return;
      case 'fit-item':
        canvas.fitItem();
        return;
      case 'turn-view':
        state.turns = (state.turns + 1) % 4;
        canvas.fit();
        return;
      case 'pan-left':
        canvas.pan(PAN_STEP, 0);
        return;
      case 'pan-right':
        canvas.pan(-PAN_STEP, 0);
        return;
      case 'pan-up':
        canvas.pan(0, PAN_STEP);
        return;
      case 'pan-down':
        canvas.pan(0, -PAN_STEP);
    }
  }
}

function isShared(action: string): action is Action {
  return (ACTIONS as readonly string[]).includes(action);
}
