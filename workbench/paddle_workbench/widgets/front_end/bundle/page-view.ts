import type { BundlePage } from '../../../../src/contract/page';
import { WidgetTranslation } from '../base/translation';
import type { ITranslation, Language, Texts } from '../base/translation';
import { make } from '../text/elements';
import { pictureInput, textInput } from './input-view';
import type { IInputView } from './input-view';
import { factsOf, taskName } from './page-facts';
import { PageModel } from './page-model';
import { drawParity } from './parity-view';
import { HugePicture, UnreadablePicture } from './picture-file';
import { ResultView } from './result-view';

/**
 * The page of a bundle: an input, its result, and the parity with Paddle.
 */
export class PageView {
  constructor(
    private readonly _page: BundlePage,
    private readonly _chinese: Texts,
    private readonly _root: HTMLElement
  ) {
    this._model = new PageModel(_page, {
      onParity: () => {
        this._updateParity();
      },
      onResult: () => {
        this._updateResult();
      }
    });
    const isChinese = navigator.language.startsWith('zh');
    this._language = _page.language ?? (isChinese ? 'zh' : 'en');
    this._root.className = 'pw-Widget pw-BundlePage';
  }

  /** Draw the page, and run its network. */
  start(): void {
    if (this._page.examples.length > 0) {
      this._model.giveExample(0);
    }
    this._draw();
    void this._model.open();
  }

  private _draw(): void {
    this._end.abort();
    this._end = new AbortController();
    const trans = new WidgetTranslation(this._language, this._chinese);
    this._trans = trans;
    document.documentElement.lang = this._language === 'zh' ? 'zh-CN' : 'en';
    this._result?.dispose();
    this._result = new ResultView(trans);
    this._input = this._makeInput(trans);
    const columns = make('div', 'pw-BundlePage-columns');
    columns.append(
      card(trans.__('Input'), this._input.element),
      card(trans.__('Result'), this._status, this._result.element)
    );
    const facts = make('details', 'pw-BundlePage-details');
    facts.append(
      make('summary', '', trans.__('About this network')),
      factsOf(this._page, trans)
    );
    this._parity = make('div', 'pw-BundlePage-parity');
    this._root.replaceChildren(
      this._makeHead(trans),
      columns,
      card(trans.__('Parity with Paddle, computed in this page'), this._parity),
      card('', facts)
    );
    if (this._model.input !== undefined) {
      this._input.show(this._model.input.value);
    }
    this._updateResult();
    this._updateParity();
  }

  private _makeHead(trans: ITranslation): HTMLElement {
    const { name, task, version } = this._page.record;
    const head = make('header', 'pw-BundlePage-head');
    const title = make('div');
    const heading = make('h1', 'pw-BundlePage-title', name);
    const kind = make(
      'p',
      'pw-BundlePage-task',
      `${taskName(task, trans)} · ${trans.__('version %1', version)}`
    );
    const promise = trans.__(
      'The network is in this file and runs in your browser. Nothing is sent anywhere.'
    );
    title.append(heading, kind, make('p', 'pw-BundlePage-promise', promise));
    const other: Language = this._language === 'zh' ? 'en' : 'zh';
    const button = make(
      'button',
      'pw-BundlePage-language',
      other === 'zh' ? '中文' : 'English'
    );
    button.lang = other === 'zh' ? 'zh-CN' : 'en';
    button.type = 'button';
    button.addEventListener(
      'click',
      () => {
        this._language = other;
        this._draw();
        this._root.querySelector('button')?.focus();
      },
      { signal: this._end.signal }
    );
    head.append(title, button);
    return head;
  }

  private _makeInput(trans: ITranslation): IInputView {
    const { examples, record } = this._page;
    const options = {
      examples,
      pasteTarget: document,
      signal: this._end.signal,
      trans,
      onInput: (value: string | Blob) => {
        this._model.give({ value });
      },
      onExample: (number: number) => {
        this._input?.show(this._model.giveExample(number));
      }
    };
    return record.task === 'text-classification'
      ? textInput(options)
      : pictureInput(options);
  }

  private _updateResult(): void {
    const { failure, input, isOpen, result } = this._model;
    const { _result: view, _trans: trans } = this;
    if (view === undefined || trans === undefined) {
      return;
    }
    this._status.hidden = isOpen || failure !== undefined;
    this._status.textContent = trans.__('Loading the network…');
    if (failure !== undefined) {
      const repair = isOpen ? [] : [this._retryButton(trans)];
      view.fail(this._messageOf(failure, trans), ...repair);
    } else if (result !== undefined && input !== undefined) {
      view.show(result);
    } else {
      view.clear();
    }
  }

  private _updateParity(): void {
    const { isOpen, parity } = this._model;
    if (isOpen && this._parity !== undefined && this._trans !== undefined) {
      drawParity(this._parity, this._page, parity, this._trans);
    }
  }

  private _messageOf(failure: Error, trans: ITranslation): string {
    if (failure instanceof UnreadablePicture) {
      return trans.__(
        'This file is not a picture that your browser can read. Use a PNG or JPEG file.'
      );
    }
    if (failure instanceof HugePicture) {
      return trans.__(
        'The picture has %1 x %2 pixels. Use one of at most %3 million pixels.',
        failure.width,
        failure.height,
        failure.megapixels
      );
    }
    return this._model.isOpen
      ? trans.__('The network failed: %1', failure.message)
      : trans.__(
          'The network could not be loaded: %1. Open the file in a current Chrome, Edge, Firefox or Safari.',
          failure.message
        );
  }

  private _retryButton(trans: ITranslation): HTMLElement {
    const button = make('button', 'pw-BundlePage-retry', trans.__('Retry'));
    button.type = 'button';
    button.addEventListener('click', () => {
      void this._model.open();
    });
    return button;
  }

  private readonly _model: PageModel;
  private readonly _status = make('p', 'pw-BundlePage-status');
  private _language: Language;
  private _trans: ITranslation | undefined;
  private _input: IInputView | undefined;
  private _result: ResultView | undefined;
  private _parity: HTMLElement | undefined;
  private _end = new AbortController();
}

function card(title: string, ...content: HTMLElement[]): HTMLElement {
  const element = make('section', 'pw-BundlePage-card');
  if (title !== '') {
    element.setAttribute('aria-label', title);
    element.append(make('h2', 'pw-BundlePage-heading', title));
  }
  element.append(...content);
  return element;
}
