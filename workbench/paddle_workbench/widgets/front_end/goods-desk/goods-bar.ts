import type { ITranslation } from '../base/translation';
import { button, PagePicker } from '../desk/page-picker';
import { make } from '../text/elements';
import type { Action } from './box-keys';
import type { BoxState } from './box-state';

interface IGoodsBarOptions {
  readonly state: BoxState;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  readonly action: (action: Action) => void;
}

/**
 * The pictures, what can be done with the boxes, and the file.
 */
export class GoodsBar {
  constructor(private readonly _options: IGoodsBarOptions) {
    const { state, trans, signal, action } = _options;
    this.node = make('div', 'pw-Text-bar pw-Desk-bar');
    this._picker = new PagePicker({
      ..._options,
      texts: () =>
        state
          .get('pages')
          .map(
            page =>
              `${page.failure ? '✗' : page.changed ? '●' : '○'} ${page.name} (${page.boxes})`
          )
    });
    const act = (text: string, what: Action): HTMLButtonElement =>
      button(text, '', signal, () => {
        action(what);
      });
    this._draw = act(trans.__('Draw a box'), 'draw');
    this._undo = act(trans.__('Undo'), 'undo');
    this._redo = act(trans.__('Redo'), 'redo');
    this._save = act(trans.__('Save COCO'), 'save');
    this._load = button(trans.__('Load the file'), '', signal, () => {
      state.request('load');
    });
    const help = button('?', trans.__('Keyboard shortcuts'), signal, () => {
      action('help');
    });
    for (const each of [this._save, this._load]) {
      each.title = state.get('file');
    }
    this.node.append(
      ...this._picker.nodes,
      this._draw,
      this._undo,
      this._redo,
      this._save,
      this._load,
      help
    );
  }

  readonly node: HTMLElement;

  draw(): void {
    const { state } = this._options;
    this._picker.draw();
    const drawing = state.draft !== null;
    this._draw.disabled = drawing || state.get('picture').byteLength === 0;
    this._undo.disabled = drawing || !state.get('can_undo');
    this._redo.disabled = drawing || !state.get('can_redo');
    this._save.disabled = drawing;
    this._load.disabled = drawing;
  }

  private readonly _picker: PagePicker;
  private readonly _draw: HTMLButtonElement;
  private readonly _undo: HTMLButtonElement;
  private readonly _redo: HTMLButtonElement;
  private readonly _save: HTMLButtonElement;
  private readonly _load: HTMLButtonElement;
}
