import type { ITranslation } from '../base/translation';
import { button, PagePicker } from '../desk/page-picker';
import { make } from '../text/elements';
import type { Action } from './desk-keys';
import type { LineState } from './line-state';

const PAGE_SIGNS = {
  waiting: '○',
  recognised: '◐',
  done: '✓',
  failed: '✗'
} as const;

interface IToolBarOptions {
  readonly state: LineState;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  readonly action: (action: Action) => void;
}

/**
 * The pages, how far their recognition is, the threshold of doubt, and what is done with the files.
 */
export class ToolBar {
  constructor(private readonly _options: IToolBarOptions) {
    const { state, trans, action, signal } = _options;
    this.node = make('div', 'pw-Text-bar pw-Desk-bar');
    this._picker = new PagePicker({
      ..._options,
      texts: () =>
        state.get('pages').map(page => `${PAGE_SIGNS[page.state]} ${page.name}`)
    });
    this._progress = make('progress', 'pw-Desk-progress');
    this._count = make('span', 'pw-Text-note');
    this._run = button('', '', signal, () => {
      state.request(state.get('running') ? 'stop' : 'recognise');
    });
    const doubt = make('label', 'pw-Text-choice', trans.__('Doubtful below'));
    this._doubt = make('input', 'pw-Desk-doubt');
    Object.assign(this._doubt, {
      type: 'number',
      min: 0,
      max: 1,
      step: 0.05,
      required: true
    });
    doubt.append(this._doubt);
    this._onChange(this._doubt, () => {
      const value = this._doubt.valueAsNumber;
      if (value >= 0 && value <= 1) {
        state.set('doubt_below', value);
      } else {
        this._doubt.reportValidity();
      }
    });
    this._only = button(trans.__('Only doubtful'), '', signal, () => {
      action('only-doubtful');
    });
    this._save = button(trans.__('Save Label.txt'), '', signal, () => {
      action('save');
    });
    this._load = button(trans.__('Load Label.txt'), '', signal, () => {
      state.request('load');
    });
    for (const each of [this._save, this._load]) {
      each.title = state.get('label_folder');
    }
    const help = button('?', trans.__('Keyboard shortcuts'), signal, () => {
      action('help');
    });
    this.node.append(
      ...this._picker.nodes,
      this._run,
      this._progress,
      this._count,
      doubt,
      this._only,
      this._save,
      this._load,
      help
    );
  }

  readonly node: HTMLElement;

  draw(): void {
    const { state, trans } = this._options;
    const pages = state.get('pages');
    this._picker.draw();
    const drawing = state.draft !== null;
    for (const each of [this._only, this._save, this._load]) {
      each.disabled = drawing;
    }
    const read = pages.filter(
      page => page.state === 'recognised' || page.state === 'done'
    ).length;
    const failed = pages.filter(page => page.state === 'failed').length;
    this._progress.max = pages.length;
    this._progress.value = read;
    this._count.textContent =
      trans.__('%1 of %2 recognised', read, pages.length) +
      (failed > 0 ? `, ${trans.__('%1 failed', failed)}` : '');
    this._progress.setAttribute('aria-label', this._count.textContent);
    const running = state.get('running');
    this._run.textContent = running
      ? trans.__('Stop')
      : trans.__('Recognise all');
    this._run.hidden = !running && read === pages.length;
    if (document.activeElement !== this._doubt) {
      this._doubt.value = String(
        Math.round(state.get('doubt_below') * 100) / 100
      );
    }
    this._only.setAttribute('aria-pressed', String(state.get('only_doubtful')));
  }

  private _onChange(element: HTMLElement, handler: () => void): void {
    element.addEventListener('change', handler, {
      signal: this._options.signal
    });
  }

  private readonly _picker: PagePicker;
  private readonly _progress: HTMLProgressElement;
  private readonly _count: HTMLElement;
  private readonly _run: HTMLButtonElement;
  private readonly _doubt: HTMLInputElement;
  private readonly _only: HTMLButtonElement;
  private readonly _save: HTMLButtonElement;
  private readonly _load: HTMLButtonElement;
}
