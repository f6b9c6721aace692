import type { ITranslation } from '../base/translation';
import type { Act } from './desk-keys';
import type { Point } from './desk-lines';
import type { DeskState } from './desk-state';
import type { PageCanvas } from './page-canvas';

const ZOOM_STEP = 1.25;
const PAN_STEP = 60;
const DOUBT_STEP = 0.05;

interface IDeskActsOptions {
  readonly state: DeskState;
  readonly canvas: PageCanvas;
  readonly trans: ITranslation;
  readonly say: (text: string) => void;
  readonly edit: () => void;
  readonly help: () => void;
}

/**
 * Does what keys and buttons ask for.
 */
export class DeskActs {
  constructor(private readonly _options: IDeskActsOptions) {}

  run(act: Act): void {
    const { state, canvas } = this._options;
    // While corners are drawn, only the view changes besides.
    if (state.draft !== null && act !== 'leave' && act !== 'help') {
      this._view(act);
      return;
    }
    switch (act) {
      case 'next':
      case 'previous':
        state.step(act === 'next' ? 1 : -1, false);
        canvas.reveal();
        return;
      case 'next-doubtful':
      case 'previous-doubtful':
        this.goOn(act === 'next-doubtful' ? 1 : -1);
        return;
      case 'next-page':
      case 'previous-page':
        if (!state.turn(act === 'next-page' ? 1 : -1)) {
          this._say(this._options.trans.__('There are no more pages.'));
        }
        return;
      case 'undo':
      case 'redo':
        state.edit(act);
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
        this._doubt(act === 'doubt-more' ? DOUBT_STEP : -DOUBT_STEP);
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
        if (!this._onLine(act)) {
          this._view(act);
        }
    }
  }

  /** Go to the next doubtful line, or say that there is none. */
  goOn(by: 1 | -1 = 1): void {
    const { state, canvas, trans } = this._options;
    if (state.step(by, true)) {
      canvas.reveal();
    } else {
      this._say(trans.__('No other doubtful lines on this page.'));
    }
  }

  /** Move the corners that are being drawn. Returns whether the key meant something. */
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

  /** What is done with the selected line. */
  private _onLine(act: Act): boolean {
    const { state, canvas, trans } = this._options;
    const line = state.line;
    const known = [
      'accept', 'edit', 'split', 'merge', 'redraw', 'rotate', 'delete',
      'difficult', 'read-again'
    ].includes(act); // prettier-ignore
    if (!known) {
      return false;
    }
    if (!line) {
      this._say(trans.__('No line is selected.'));
      return true;
    }
    const id = line.id;
    switch (act) {
      case 'accept':
        state.edit('accept', { id });
        this.goOn();
        break;
      case 'edit':
      case 'split':
        state.mode = act;
        this._options.edit();
        break;
      case 'redraw':
        if (line.points.length === 4) {
          state.mode = 'redraw';
          state.draft = [...line.points];
          state.corner = 0;
          canvas.node.focus({ preventScroll: true });
        } else {
          this._say(trans.__('Only boxes with four corners can be redrawn.'));
        }
        break;
      case 'difficult':
        state.edit('mark', { id, difficult: !line.difficult });
        break;
      case 'read-again':
        state.request('read_again', { id });
        break;
      default:
        state.edit(act, { id });
    }
    return true;
  }

  private _view(act: Act): void {
    const { state, canvas } = this._options;
    switch (act) {
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
    this._say(trans.__('Doubtful below %1', rounded.toFixed(2)));
  }

  private _say(text: string): void {
    this._options.say(text);
  }
}
