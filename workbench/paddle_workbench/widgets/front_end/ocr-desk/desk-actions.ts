import type { ITranslation } from '../base/translation';
import type { Action } from './desk-keys';
import type { Point } from './desk-lines';
import type { DeskState } from './desk-state';
import type { PageCanvas } from './page-canvas';

const ZOOM_STEP = 1.25;
const PAN_STEP = 60;
const DOUBT_STEP = 0.05;

interface IDeskActionsOptions {
  readonly state: DeskState;
  readonly canvas: PageCanvas;
  readonly trans: ITranslation;
  readonly showMessage: (text: string) => void;
  readonly edit: () => void;
  readonly help: () => void;
}

/**
 * Performs the actions of keys and buttons.
 */
export class DeskActions {
  constructor(private readonly _options: IDeskActionsOptions) {}

  run(action: Action): void {
    const { state, canvas } = this._options;
    // While corners are drawn, only the view changes besides.
    if (state.draft !== null && action !== 'leave' && action !== 'help') {
      this._view(action);
      return;
    }
    switch (action) {
      case 'next':
      case 'previous':
        state.step(action === 'next' ? 1 : -1, false);
        canvas.reveal();
        return;
      case 'next-doubtful':
      case 'previous-doubtful':
        this.goToDoubtful(action === 'next-doubtful' ? 1 : -1);
        return;
      case 'next-page':
      case 'previous-page':
        if (!state.turn(action === 'next-page' ? 1 : -1)) {
          this._showMessage(this._options.trans.__('There are no more pages.'));
        }
        return;
      case 'undo':
      case 'redo':
        state.edit(action);
        return;
      case 'accept-all':
        state.edit('accept_all');
        return;
      case 'draw':
        state.mode = 'draw';
        state.draft = canvas.newBox();
        state.corner = 0;
        canvas.node.focus({ preventScroll: true });
        return;
      case 'only-doubtful':
        state.set('only_doubtful', !state.get('only_doubtful'));
        return;
      case 'doubt-less':
      case 'doubt-more':
        this._doubt(action === 'doubt-more' ? DOUBT_STEP : -DOUBT_STEP);
        return;
      case 'save':
        state.request('save');
        return;
      case 'help':
        this._options.help();
        return;
      case 'leave':
        state.leave();
        return;
      default:
        if (!this._onLine(action)) {
          this._view(action);
        }
    }
  }

  /** Go to the next doubtful line, or show a message if there is none. */
  goToDoubtful(by: 1 | -1 = 1): void {
    const { state, canvas, trans } = this._options;
    if (state.step(by, true)) {
      canvas.reveal();
    } else {
      this._showMessage(trans.__('No other doubtful lines on this page.'));
    }
  }

  /** Move the corners that are being drawn. Returns whether the key has a meaning here. */
  draw(event: KeyboardEvent): boolean {
    const { state } = this._options;
    const draft = state.draft;
    if (!draft) {
      return false;
    }
    const step = event.shiftKey ? 10 : 1;
    const moves: Record<string, Point> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step]
    };
    const move = moves[event.key];
    if (move) {
      // Alt moves the whole box.
      state.draft = draft.map(([x, y], at) =>
        event.altKey || at === state.corner
          ? [x + move[0], y + move[1]]
          : [x, y]
      );
      return true;
    }
    if (event.key === 'Tab') {
      state.corner = (state.corner + (event.shiftKey ? 3 : 1)) % 4;
      return true;
    }
    if (event.key === 'Enter') {
      if (state.mode === 'draw') {
        state.edit('add', { points: draft });
      } else if (state.selected !== null) {
        state.edit('redraw', { id: state.selected, points: draft });
      }
      state.leave();
      return true;
    }
    return false;
  }

  /** Perform an action on the selected line; returns whether it is one. */
  private _onLine(action: Action): boolean {
    const { state, canvas, trans } = this._options;
    const line = state.line;
    const known = [
      'accept', 'edit', 'split', 'merge', 'redraw', 'rotate', 'delete',
      'difficult', 'read-again'
    ].includes(action); // prettier-ignore
    if (!known) {
      return false;
    }
    if (!line) {
      this._showMessage(trans.__('No line is selected.'));
      return true;
    }
    const id = line.id;
    switch (action) {
      case 'accept':
        state.edit('accept', { id });
        this.goToDoubtful();
        break;
      case 'edit':
      case 'split':
        state.mode = action;
        this._options.edit();
        break;
      case 'redraw':
        if (line.points.length === 4) {
          state.mode = 'redraw';
          state.draft = [...line.points];
          state.corner = 0;
          canvas.node.focus({ preventScroll: true });
        } else {
          this._showMessage(
            trans.__('Only boxes with four corners can be redrawn.')
          );
        }
        break;
      case 'difficult':
        state.edit('mark', { id, difficult: !line.difficult });
        break;
      case 'read-again':
        state.request('read_again', { id });
        break;
      default:
        state.edit(action, { id });
    }
    return true;
  }

  private _view(action: Action): void {
    const { state, canvas } = this._options;
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
      case 'fit-line':
        canvas.fitLine();
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

  private _doubt(by: number): void {
    const { state, trans } = this._options;
    const value = Math.min(1, Math.max(0, state.get('doubt_below') + by));
    const rounded = Math.round(value * 100) / 100;
    state.set('doubt_below', rounded);
    this._showMessage(trans.__('Doubtful below %1', rounded.toFixed(2)));
  }

  private _showMessage(text: string): void {
    this._options.showMessage(text);
  }
}
