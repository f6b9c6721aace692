import type { ITranslation } from '../base/translation';
import { button } from '../desk/page-picker';
import { make } from '../text/elements';
import type { BoxState } from './box-state';

type Purpose = 'add' | 'rename';

interface IClassFormOptions {
  readonly state: BoxState;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  readonly showMessage: (text: string) => void;
  /** Called when the form has closed. */
  readonly onLeave: () => void;
}

/**
 * Asks for the name of a new class, or for another name of a class without boxes. Enter takes it,
 * Esc leaves everything as it was.
 */
export class ClassForm {
  constructor(private readonly _options: IClassFormOptions) {
    const { signal, trans } = _options;
    this.node = make('div', 'pw-Desk-classForm');
    this.node.hidden = true;
    this.node.setAttribute('role', 'group');
    this._choice = make(
      'label',
      'pw-Text-choice',
      trans.__('Class without boxes')
    );
    this._select = make('select', 'pw-Desk-pages');
    this._choice.append(this._select);
    this._name = make('input', 'pw-Desk-pages pw-Desk-className');
    this._name.type = 'text';
    this._take = button('', '', signal, () => {
      this._submit();
    });
    const cancel = button(trans.__('Cancel'), '', signal, () => {
      this._close();
    });
    this.node.append(this._choice, this._name, this._take, cancel);
    this.node.addEventListener('keydown', this._onKey, { signal });
  }

  readonly node: HTMLElement;

  /** Ask for a name. */
  open(purpose: Purpose): void {
    const { showMessage, state, trans } = this._options;
    const isNew = purpose === 'add';
    const unused = state.unusedClasses;
    if (!isNew && unused.length === 0) {
      showMessage(
        trans.__(
          'Every class has boxes; only a class without boxes can be renamed.'
        )
      );
      return;
    }
    this._purpose = purpose;
    this._choice.hidden = isNew;
    this._select.replaceChildren(
      ...unused.map(name => make('option', '', name))
    );
    this._select.value = unused.includes(state.label)
      ? state.label
      : (unused[0] ?? '');
    const label = isNew
      ? trans.__('Name of the new class')
      : trans.__('New name of the class');
    this.node.setAttribute('aria-label', label);
    this._name.setAttribute('aria-label', label);
    this._name.placeholder = label;
    this._name.value = '';
    this._take.textContent = isNew ? trans.__('Add') : trans.__('Rename');
    this.node.hidden = false;
    (isNew ? this._name : this._select).focus({ preventScroll: true });
  }

  draw(): void {
    // What it shows changes only when it opens.
  }

  private readonly _onKey = (event: KeyboardEvent): void => {
    const isButton = (event.target as HTMLElement).matches('button');
    // While Chinese is typed, Enter chooses characters.
    if (event.key === 'Enter' && !isButton && !event.isComposing) {
      event.preventDefault();
      this._submit();
    } else if (event.key === 'Escape' && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      this._close();
    }
  };

  private _submit(): void {
    const { showMessage, state, trans } = this._options;
    const name = this._name.value.trim();
    if (name === '') {
      this._name.focus({ preventScroll: true });
      return;
    }
    const old = this._purpose === 'rename' ? this._select.value : '';
    if (name !== old && state.get('classes').includes(name)) {
      showMessage(trans.__('There is already a class %1.', name));
      return;
    }
    if (this._purpose === 'add') {
      state.addClass(name);
    } else {
      state.renameClass(old, name);
    }
    showMessage(trans.__('New boxes get the class %1.', name));
    this._close();
  }

  private _close(): void {
    this.node.hidden = true;
    this._options.onLeave();
  }

  private readonly _choice: HTMLElement;
  private readonly _select: HTMLSelectElement;
  private readonly _name: HTMLInputElement;
  private readonly _take: HTMLButtonElement;
  private _purpose: Purpose = 'add';
}
