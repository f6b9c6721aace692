import type { ITranslation } from '../base/translation';
import { button } from '../desk/page-picker';
import { make } from '../text/elements';
import type { BoxAction } from './box-keys';
import { KEYED_CLASSES } from './box-keys';
import { colourOf } from './box-look';
import type { BoxState } from './box-state';

interface IClassLegendOptions {
  readonly state: BoxState;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  readonly onChoose: (label: string) => void;
  readonly action: (action: BoxAction) => void;
  /** Called when the list of all classes was left by a key. */
  readonly onLeave: () => void;
}

/**
 * The classes with their keys, colours and numbers of boxes, and a list of all of them. The class of
 * the selected box is marked; a click gives it another one.
 */
export class ClassLegend {
  constructor(private readonly _options: IClassLegendOptions) {
    const { action, trans, signal, onChoose, onLeave } = _options;
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
    const row = make('div', 'pw-Desk-legend');
    row.append(
      label,
      button(trans.__('New class'), trans.__('Add a class (n)'), signal, () => {
        action('new-class');
      }),
      button(
        trans.__('Rename'),
        trans.__('Rename a class that has no boxes (N)'),
        signal,
        () => {
          action('rename-class');
        }
      )
    );
    this.node.append(this._keys, row);
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
    for (const key of this._keys.children) {
      const isChosen = (key as HTMLElement).dataset.label === chosen;
      key.setAttribute('aria-pressed', String(isChosen));
    }
    const counts = state.get('counts');
    classes.forEach((name, at) => {
      const count = counts[at] ?? 0;
      const option = this._select.options[at];
      const cell = this._keys.children[at]?.lastElementChild;
      if (option && option.text !== `${name} (${count})`) {
        option.text = `${name} (${count})`;
      }
      if (cell) {
        cell.textContent = String(count);
      }
    });
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
        const key = make('button', 'pw-Text-button pw-Desk-class');
        key.type = 'button';
        key.dataset.label = name;
        key.title = name;
        const swatch = make('span', 'pw-Desk-swatch');
        swatch.style.setProperty('--pw-class', `var(${colourOf(at)})`);
        key.append(
          make('kbd', 'pw-Desk-key', String(at + 1)),
          swatch,
          make('span', 'pw-Desk-text', name),
          make('span', 'pw-Desk-count')
        );
        key.addEventListener(
          'click',
          () => {
            onChoose(name);
          },
          { signal }
        );
        return key;
      })
    );
  }

  private readonly _keys: HTMLElement;
  private readonly _select: HTMLSelectElement;
  private _classes = '';
}
