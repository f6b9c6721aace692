import { DeskActions } from '../desk/desk-actions';
import type { Action, BoxAction } from './box-keys';
import type { BoxState, IDeskBox } from './box-state';

/**
 * Performs the actions of keys and buttons on boxes of goods.
 */
export class BoxActions extends DeskActions<IDeskBox, BoxAction, BoxState> {
  override run(action: Action): void {
    // A class can be chosen while a box is drawn.
    if (action.startsWith('class-')) {
      this.perform(action as BoxAction);
    } else {
      super.run(action);
    }
  }

  protected override perform(action: BoxAction): void {
    const { state, trans } = this.options;
    if (action === 'choose-class') {
      this.options.edit();
      return;
    }
    const number = Number(action.slice('class-'.length));
    const label = state.get('classes')[number - 1];
    if (label === undefined) {
      this.showMessage(trans.__('There is no class %1.', number));
      return;
    }
    state.choose(label);
    if (!state.item || state.mode === 'draw') {
      this.showMessage(trans.__('New boxes get the class %1.', label));
    }
  }

  protected override get noSelection(): string {
    return this.options.trans.__('No box is selected.');
  }
}
