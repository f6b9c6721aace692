import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import { KEYED_CLASSES } from './box-keys';
import { colourOf } from './box-look';
import type { BoxState } from './box-state';

interface IClassLegendOptions {
  readonly state: BoxState;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  readonly onChoose: (label: string) => void;
  /** Called when the list of all classes was left by a key. */
  readonly onLeave: () => void;
}

/**
 * The classes with their keys and colours, and a list of all of them. The class of the selected box
 * is marked; a click gives it another one.
 */
export class ClassLegend {
  constructor(private readonly _options: IClassLegendOptions) {
    const { trans, signal, onChoose, onLeave } = _options;
    this.node = make('div', 'pw-Desk-classes');
    this._keys = make('div', 'pw-Desk-legend');
    this._keys.setAttribute('role', 'group');
    this._keys.setAttribute('aria-label', trans.__('Classes'));
    const label = make('label', 'pw-Text-choice', trans.__('Class'));
    this._select = make('select', 'pw-Desk-pages');
    label.append(this._select);
    this._select.addEventListener(
      'change',
      () => {
        onChoose(this._select.value);
      },
      { signal }
    );
    this._select.addEventListener(
      'keydown',
      event => {
        if (event.key === 'Enter' || event.key === 'Escape') {
          event.preventDefault();
          onLeave();
        }
      },
      { signal }
    );
    this.node.append(this._keys, label);
  }

  readonly node: HTMLElement;

  focus(): void {
    this._select.focus({ preventScroll: true });
  }

  draw(): void {
    const { state } = this._options;
    const classes = state.get('classes');
    if (classes.join('\n') !== this._classes) {
      this._classes = classes.join('\n');
      this._fill(classes);
    }
    const chosen =
      state.mode === 'draw' ? state.label : (state.item?.label ?? state.label);
    this._select.value = chosen;
    for (const button of this._keys.children) {
      const isChosen = (button as HTMLElement).dataset.label === chosen;
      button.setAttribute('aria-pressed', String(isChosen));
    }
  }

  private _fill(classes: readonly string[]): void {
    const { onChoose, signal } = this._options;
    this._select.replaceChildren(
      ...classes.map(name => {
        const option = make('option', '', name);
        option.value = name;
        return option;
      })
    );
    this._keys.replaceChildren(
      ...classes.slice(0, KEYED_CLASSES).map((name, at) => {
        const button = make('button', 'pw-Text-button pw-Desk-class');
        button.type = 'button';
        button.dataset.label = name;
        button.title = name;
        const swatch = make('span', 'pw-Desk-swatch');
        swatch.style.setProperty('--pw-class', `var(${colourOf(at)})`);
        button.append(
          make('kbd', 'pw-Desk-key', String(at + 1)),
          swatch,
          make('span', 'pw-Desk-text', name)
        );
        button.addEventListener(
          'click',
          () => {
            onChoose(name);
          },
          { signal }
        );
        return button;
      })
    );
  }

  private readonly _keys: HTMLElement;
  private readonly _select: HTMLSelectElement;
  private _classes = '';
}
