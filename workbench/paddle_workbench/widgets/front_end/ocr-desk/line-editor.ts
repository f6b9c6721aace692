import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import { codePointsBefore } from './desk-lines';
import type { LineState } from './line-state';

const CROP_HEIGHT = 56;
/** Height over width from which a line is shown on its side, as it is recognised. */
const UPRIGHT = 1.5;

interface ILineEditorOptions {
  readonly state: LineState;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  /** Called when a key ended the edit; whether the text is saved. */
  readonly onLeave: (isSaved: boolean) => void;
  /** Called when the input lost the focus; its text is saved. */
  readonly onBlur: () => void;
}

/**
 * The selected line, cut out of the picture, and its text beneath to be edited.
 */
export class LineEditor {
  constructor(private readonly _options: ILineEditorOptions) {
    const { trans, signal } = _options;
    this.node = make('div', 'pw-Desk-editor');
    this._crop = make('canvas', 'pw-Desk-crop');
    this._crop.setAttribute('aria-hidden', 'true');
    this._input = make('input', 'pw-Desk-input');
    this._input.type = 'text';
    this._input.spellcheck = false;
    this._input.setAttribute('aria-label', trans.__('Text of the line'));
    this._hint = make('div', 'pw-Text-note pw-Desk-hint');
    this.node.append(this._crop, this._input, this._hint);
    this._input.addEventListener('keydown', this._onKey, { signal });
    this._input.addEventListener(
      'focus',
      () => {
        if (_options.state.mode === 'walk') {
          _options.state.mode = 'edit';
          this.draw(this._picture);
        }
      },
      { signal }
    );
    this._input.addEventListener('blur', this._onBlur, { signal });
  }

  readonly node: HTMLElement;

  /** Show the selected line; while it is edited, what was typed stays. */
  draw(picture: ImageBitmap | null): void {
    this._picture = picture;
    const { state, trans } = this._options;
    const line = state.item;
    const editing = state.mode === 'edit' || state.mode === 'split';
    if (!editing || this._shown !== line?.id) {
      this._input.value = line?.text ?? '';
      this._shown = line?.id;
    }
    this._input.disabled = line === undefined;
    this._hint.textContent =
      state.mode === 'split'
        ? trans.__(
            'Place the cursor where the second line begins, then press Enter to split.'
          )
        : state.mode === 'edit'
          ? trans.__(
              'Press Enter to save and continue, Esc to keep the old text.'
            )
          : '';
    this._hint.title = this._hint.textContent;
    this._drawCrop(picture);
  }

  /** Begin to edit: all of the text is selected; to split it, the caret stands in its middle. */
  begin(): void {
    this._input.focus({ preventScroll: true });
    if (this._options.state.mode === 'split') {
      const middle = Math.floor(this._input.value.length / 2);
      this._input.setSelectionRange(middle, middle);
    } else {
      this._input.select();
    }
  }

  private readonly _onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    // Enter also ends what an input method is composing.
    if (event.isComposing || !['Enter', 'Escape'].includes(event.key)) {
      return;
    }
    event.preventDefault();
    const { state, onLeave } = this._options;
    const line = state.item;
    const isSaved = event.key === 'Enter' && line !== undefined;
    if (isSaved) {
      const text = this._input.value;
      if (state.mode === 'split') {
        if (text !== line.text) {
          state.edit('edit', { id: line.id, text });
        }
        const at = codePointsBefore(text, this._input.selectionStart ?? 0);
        state.edit('split', { id: line.id, at });
      } else {
        state.edit('edit', { id: line.id, text });
      }
    }
    const wasSplit = state.mode === 'split';
    state.leave();
    onLeave(isSaved && !wasSplit);
  };

  private readonly _onBlur = (): void => {
    const { state, onBlur } = this._options;
    const line = state.item;
    // Another window in front ends nothing.
    if (!['edit', 'split'].includes(state.mode) || !document.hasFocus()) {
      return;
    }
    const text = this._input.value;
    if (line !== undefined && line.id === this._shown && text !== line.text) {
      state.edit('edit', { id: line.id, text });
    }
    state.leave();
    onBlur();
  };

  private _drawCrop(picture: ImageBitmap | null): void {
    const context = this._crop.getContext('2d');
    const { state } = this._options;
    const points = state.draft ?? state.item?.points;
    const [begin, end, , below] = points ?? [];
    if (!context || !picture || !begin || !end || !below) {
      this._crop.width = 1;
      this._crop.height = CROP_HEIGHT;
      return;
    }
    let along = [end[0] - begin[0], end[1] - begin[1]] as const;
    let down = [below[0] - begin[0], below[1] - begin[1]] as const;
    let origin: readonly [number, number] = begin;
    if (Math.hypot(...down) >= UPRIGHT * Math.hypot(...along)) {
      origin = end;
      [along, down] = [down, [-along[0], -along[1]]];
    }
    const length = Math.max(1, Math.hypot(...along));
    const thick = Math.max(1, Math.hypot(...down));
    const ratio = window.devicePixelRatio;
    const scale = (CROP_HEIGHT * ratio) / thick;
    this._crop.width = Math.min(4096, Math.ceil(length * scale));
    this._crop.height = Math.round(CROP_HEIGHT * ratio);
    // From the picture to the line: its two sides become the axes.
    const cross = along[0] * down[1] - along[1] * down[0] || 1;
    const across = [
      (down[1] / cross) * length * scale,
      (-down[0] / cross) * length * scale
    ] as const;
    const downward = [
      (-along[1] / cross) * thick * scale,
      (along[0] / cross) * thick * scale
    ] as const;
    context.setTransform(
      across[0],
      downward[0],
      across[1],
      downward[1],
      -(across[0] * origin[0] + across[1] * origin[1]),
      -(downward[0] * origin[0] + downward[1] * origin[1])
    );
    const [width, height] = state.get('size');
    context.drawImage(picture, 0, 0, width, height);
  }

  private readonly _crop: HTMLCanvasElement;
  private readonly _input: HTMLInputElement;
  private readonly _hint: HTMLElement;
  private _picture: ImageBitmap | null = null;
  private _shown: number | undefined;
}
