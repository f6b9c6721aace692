import { DeskActions } from '../desk/desk-actions';
import type { LineAction } from './desk-keys';
import type { IDeskLine } from './desk-lines';
import type { LineState } from './line-state';

const DOUBT_STEP = 0.05;

/**
 * Performs the actions of keys and buttons on lines of text.
 */
export class LineActions extends DeskActions<IDeskLine, LineAction, LineState> {
  /** Go to the next doubtful line, or show a message if there is none. */
  goToDoubtful(by: 1 | -1 = 1): void {
    const { state, canvas, trans } = this.options;
    if (state.stepToDoubtful(by)) {
      canvas.reveal();
    } else {
      this.showMessage(trans.__('No other doubtful lines on this page.'));
    }
  }

  protected override perform(action: LineAction): void {
    const { state } = this.options;
    switch (action) {
      case 'next-doubtful':
      case 'previous-doubtful':
        this.goToDoubtful(action === 'next-doubtful' ? 1 : -1);
        return;
      case 'accept-all':
        state.edit('accept_all');
        return;
      case 'only-doubtful':
        state.set('only_doubtful', !state.get('only_doubtful'));
        return;
      case 'doubt-less':
      case 'doubt-more':
        this._doubt(action === 'doubt-more' ? DOUBT_STEP : -DOUBT_STEP);
        return;
      default:
        this.onItem(line => {
          this._onLine(action, line);
        });
    }
  }

  protected override get noSelection(): string {
    return this.options.trans.__('No line is selected.');
  }

  protected override redraw(line: IDeskLine): void {
    if (line.points.length === 4) {
      super.redraw(line);
    } else {
      this.showMessage(
        this.options.trans.__('Only boxes with four corners can be redrawn.')
      );
    }
  }

  private _onLine(action: LineAction, line: IDeskLine): void {
    const { state } = this.options;
    const { id } = line;
    switch (action) {
      case 'accept':
        state.edit('accept', { id });
        this.goToDoubtful();
        break;
      case 'edit':
      case 'split':
        state.mode = action;
        this.options.edit();
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
  }

  private _doubt(by: number): void {
    const { state, trans } = this.options;
    const value = Math.min(1, Math.max(0, state.get('doubt_below') + by));
    const rounded = Math.round(value * 100) / 100;
    state.set('doubt_below', rounded);
    this.showMessage(trans.__('Doubtful below %1', rounded.toFixed(2)));
  }
}
