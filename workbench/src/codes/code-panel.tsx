import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MimeModel } from '@jupyterlab/rendermime';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';
import * as React from 'react';
import type { CodePage } from '../contract';
import { describeFailure } from '../failure';
import { FailureView } from '../failure-view';
import type { Language } from '../language';
import type { IConnection } from '../request';
import { request } from '../request';

const MARKDOWN = 'text/markdown';

/**
 * The page of a code, in the main area: its cause, a cell that shows it, and its repair.
 */
export class CodePanel extends Panel {
  constructor(options: CodePanel.IOptions) {
    super();
    this._options = options;
    this.addClass('pw-CodePanel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', options.code);
    // The page scrolls with the keyboard.
    this.node.tabIndex = 0;
  }

  get code(): string {
    return this._options.code;
  }

  /** Show the page; if the server does not answer, say so and offer to try again. */
  async load(): Promise<void> {
    const { code, connection, language, rendermime } = this._options;
    try {
      const query = new URLSearchParams({ code, lang: language });
      const page = await request<CodePage>(
        connection,
        `explain?${query.toString()}`
      );
      const renderer = rendermime.createRenderer(MARKDOWN);
      await renderer.renderModel(
        new MimeModel({ data: { [MARKDOWN]: page.markdown } })
      );
      this._show(renderer);
    } catch (error) {
      const { trans } = connection;
      this._show(
        ReactWidget.create(
          <FailureView
            failure={describeFailure(error, trans)}
            onRetry={() => {
              void this.load();
            }}
            trans={trans}
          />
        )
      );
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this.load();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  private _show(content: Panel['widgets'][number]): void {
    if (this.isDisposed) {
      content.dispose();
      return;
    }
    for (const widget of [...this.widgets]) {
      widget.dispose();
    }
    this.addWidget(content);
  }

  private readonly _options: CodePanel.IOptions;
}

export namespace CodePanel {
  export interface IOptions {
    code: string;
    connection: IConnection;
    language: Language;
    rendermime: IRenderMimeRegistry;
  }
}
