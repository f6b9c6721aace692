import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { ErrorBoundary } from '../failure-view';
import type { Language } from '../language';
import type { CheckModel } from './check-model';
import { CheckView } from './check-view';

/**
 * The result of a check of the learner's notebook, in the right sidebar.
 */
export class CheckPanel extends ReactWidget {
  constructor(options: CheckPanel.IOptions) {
    super();
    this._options = options;
    const { model, trans } = options;
    this.id = 'paddle-workbench-check';
    this.title.icon = checkIcon;
    this.title.caption = trans.__('Check this lesson');
    this.addClass('pw-CheckPanel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Check this lesson'));
    model.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    const { model } = this._options;
    model.changed.disconnect(this._onChanged, this);
    model.dispose();
    super.dispose();
  }

  protected override render(): React.JSX.Element {
    const { language, model, onCheck, onReveal, trans } = this._options;
    const check = model.current;
    return (
      <ErrorBoundary trans={trans}>
        <CheckView
          canCheck={check !== null}
          failure={check?.failure ?? null}
          isConnected={check?.isConnected ?? true}
          isRunning={check?.isRunning ?? false}
          job={check?.job ?? null}
          language={language}
          onCancel={() => {
            void check?.cancel();
          }}
          onCheck={onCheck}
          onReveal={cell => {
            if (check?.job) {
              onReveal(check.job.subject, cell);
            }
          }}
          result={check?.jobResult ?? null}
          trans={trans}
        />
      </ErrorBoundary>
    );
  }

  private _onChanged(): void {
    this.update();
  }

  private readonly _options: CheckPanel.IOptions;
}

export namespace CheckPanel {
  export interface IOptions {
    /** Of the pages of codes. */
    language: Language;
    model: CheckModel;
    /** Check the lesson in front. */
    onCheck: () => void;
    /** Show a cell of a notebook. */
    onReveal: (path: string, cell: string) => void;
    trans: TranslationBundle;
  }
}
