import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import type { Action } from './desk-keys';
import type { DeskState } from './desk-state';

const PAGE_SIGNS = {
  waiting: '○',
  recognised: '◐',
  done: '✓',
  failed: '✗'
} as const;

interface IToolBarOptions {
  readonly state: DeskState;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  readonly action: (action: Action) => void;
}

/**
 * The pages, how far their recognition is, the threshold of doubt, and what is done with the files.
 */
export class ToolBar {
  constructor(private readonly _options: IToolBarOptions) {
    const { state, trans, action } = _options;
    this.node = make('div', 'pw-Text-bar pw-OcrDesk-bar');
    this._previous = this._button('‹', trans.__('Previous page'), () => {
      action('previous-page');
    });
    this._next = this._button('›', trans.__('Next page'), () => {
      action('next-page');
    });
    this._pages = make('select', 'pw-OcrDesk-pages');
    this._pages.setAttribute('aria-label', trans.__('Page'));
    this._onChange(this._pages, () => {
      state.set('index', Number(this._pages.value));
    });
    this._progress = make('progress', 'pw-OcrDesk-progress');
    this._count = make('span', 'pw-Text-note');
    this._run = this._button('', '', () => {
      state.request(state.get('running') ? 'stop' : 'recognise');
    });
    const doubt = make('label', 'pw-Text-choice', trans.__('Doubtful below'));
    this._doubt = make('input', 'pw-OcrDesk-doubt');
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
    this._only = this._button(trans.__('Only doubtful'), '', () => {
      action('only-doubtful');
    });
    this._save = this._button(trans.__('Save Label.txt'), '', () => {
      action('save');
    });
    this._load = this._button(trans.__('Load Label.txt'), '', () => {
      state.request('load');
    });
    for (const each of [this._save, this._load]) {
      each.title = state.get('label_folder');
    }
    const help = this._button('?', trans.__('Keyboard shortcuts'), () => {
      action('help');
    });
    this.node.append(
      this._previous,
      this._pages,
      this._next,
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
    const index = state.get('index');
    const texts = pages.map(page => `${PAGE_SIGNS[page.state]} ${page.name}`);
    if (texts.join('\n') !== this._texts) {
      this._texts = texts.join('\n');
      this._pages.replaceChildren(
        ...texts.map((text, at) => {
          const option = make('option', '', text);
          option.value = String(at);
          return option;
        })
      );
    }
    this._pages.value = String(index);
    // What would take the page away from under a box that is being drawn.
    const drawing = state.draft !== null;
    for (const each of [this._pages, this._only, this._save, this._load]) {
      each.disabled = drawing;
    }
    this._previous.disabled = drawing || index === 0;
    this._next.disabled = drawing || index === pages.length - 1;
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

  private _button(
    text: string,
    label: string,
    onClick: () => void
  ): HTMLButtonElement {
    const button = make('button', 'pw-Text-button', text);
    button.type = 'button';
    if (label !== '') {
      button.title = label;
      button.setAttribute('aria-label', label);
    }
    button.addEventListener('click', onClick, {
      signal: this._options.signal
    });
    return button;
  }

  private _onChange(element: HTMLElement, handler: () => void): void {
    element.addEventListener('change', handler, {
      signal: this._options.signal
    });
  }

  private readonly _previous: HTMLButtonElement;
  private readonly _next: HTMLButtonElement;
  private readonly _pages: HTMLSelectElement;
  private readonly _progress: HTMLProgressElement;
  private readonly _count: HTMLElement;
  private readonly _run: HTMLButtonElement;
  private readonly _doubt: HTMLInputElement;
  private readonly _only: HTMLButtonElement;
  private readonly _save: HTMLButtonElement;
  private readonly _load: HTMLButtonElement;
  private _texts = '';
}
