import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import * as React from 'react';
import type { IFailure } from '../failure';
import { describeFailure } from '../failure';
import { FailureView } from '../failure-view';
import type { CommModel } from './comm-model';
import { DeskKernel } from './desk-kernel';

/** What the front end of an anywidget exports. */
interface IFrontEnd {
  default: {
    render(context: { model: CommModel; el: HTMLElement }): () => void;
  };
}

/**
 * A tab with a picture or PDF on a desk, which is drawn as in a notebook.
 */
export class DeskPanel extends Panel {
  constructor(private readonly _options: DeskKernel.IOptions) {
    super();
    this.addClass('pw-DeskPanel');
    this.node.tabIndex = -1;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._end();
    }
    super.dispose();
  }

  /**
   * Start a kernel, in place of the previous one. Resolves when the desk or the failure is shown.
   */
  async load(): Promise<void> {
    const { path, trans } = this._options;
    this._end();
    const waiting = document.createElement('p');
    waiting.className = 'pw-DeskPanel-message';
    waiting.setAttribute('role', 'status');
    waiting.textContent = trans.__(
      'Reading %1 … The first page takes a few seconds.',
      path
    );
    this._show(new Widget({ node: waiting }));
    try {
      const kernel = await DeskKernel.start(this._options);
      if (this.isDisposed) {
        kernel.dispose();
        return;
      }
      this._kernel = kernel;
      kernel.lost.connect(({ model: { unanswered } }) => {
        this._fail({
          message: trans.__('The kernel for this desk has stopped.'),
          hint:
            unanswered > 0
              ? trans.__(
                  'The last edits (%1) were not saved. Retry reopens the desk with all earlier edits.',
                  unanswered
                )
              : trans.__('All edits are saved. Retry reopens the desk.')
        });
      });
      await this._draw(kernel.model);
    } catch (error) {
      if (!this.isDisposed) {
        this._fail(describeFailure(error, trans));
      }
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (!this._isLoaded) {
      this._isLoaded = true;
      void this.load();
    }
  }

  /** Focus the lines, which handle the keys. */
  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this._focus();
  }

  private async _draw(model: CommModel): Promise<void> {
    const url = URL.createObjectURL(
      new Blob([String(model.get('_esm'))], { type: 'text/javascript' })
    );
    const place = document.createElement('div');
    place.className = 'pw-DeskPanel-desk';
    const style = document.createElement('style');
    style.textContent = String(model.get('_css'));
    place.append(style);
    try {
      const { default: front } = (await import(
        /* webpackIgnore: true */ url
      )) as IFrontEnd;
      if (this.isDisposed || model.isDisposed) {
        return;
      }
      // Do not take the focus back if it has moved elsewhere.
      const hadFocus = this.node.contains(document.activeElement);
      this._show(new Widget({ node: place }));
      this._erase = front.render({ model, el: place });
      if (hadFocus) {
        this._focus();
      }
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  private _focus(): void {
    const lines = this.node.querySelector<HTMLElement>('[role="listbox"]');
    (lines ?? this.node).focus({ preventScroll: true });
  }

  private _fail(failure: IFailure): void {
    this._end();
    this._show(
      ReactWidget.create(
        <FailureView
          failure={failure}
          onRetry={() => {
            void this.load();
          }}
          trans={this._options.trans}
        />
      )
    );
  }

  private _show(widget: Widget): void {
    for (const old of [...this.widgets]) {
      old.dispose();
    }
    this.addWidget(widget);
  }

  private _end(): void {
    this._erase?.();
    this._erase = null;
    this._kernel?.dispose();
    this._kernel = null;
  }

  private _kernel: DeskKernel | null = null;
  private _erase: (() => void) | null = null;
  private _isLoaded = false;
}
