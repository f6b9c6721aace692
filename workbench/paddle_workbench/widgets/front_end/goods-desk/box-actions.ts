import type { IDeskActionsOptions } from '../desk/desk-actions';
import { DeskActions } from '../desk/desk-actions';
import type { Action, BoxAction } from './box-keys';
import type { BoxState, IDeskBox } from './box-state';
import type { ClassForm } from './class-form';

interface IBoxActionsOptions extends IDeskActionsOptions<IDeskBox, BoxState> {
  readonly form: ClassForm;
}

/**
 * Performs the actions of keys and buttons on boxes of goods.
 */
export class BoxActions extends DeskActions<IDeskBox, BoxAction, BoxState> {
  constructor(protected override readonly options: IBoxActionsOptions) {
    super(options);
  }

  protected override act(action: Action): void {
    // A class can be chosen and added while a box is drawn.
    if (
      action.startsWith('class-') ||
      action === 'choose-class' ||
      action === 'new-class'
    ) {
      this.perform(action as BoxAction);
    } else {
      super.act(action);
    }
  }

  protected override perform(action: BoxAction): void {
    const { state, trans } = this.options;
    if (action === 'choose-class') {
      this.options.edit();
      return;
    }
    if (action === 'new-class' || action === 'rename-class') {
      this.options.form.open(action === 'new-class' ? 'add' : 'rename');
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
