import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import { ErrorBoundary, FailureView } from '../failure-view';
import type { AnswerModel } from './answer-model';

/**
 * A panel in the main area that shows the answer to one request.
 */
export abstract class AnswerPanel<T> extends ReactWidget {
  constructor(
    protected readonly model: AnswerModel<T>,
    protected readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('pw-RunAnswer');
    model.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.model.changed.disconnect(this._onChanged, this);
    this.model.dispose();
    super.dispose();
  }

  /** Draw an answer. */
  protected abstract draw(answer: T): React.JSX.Element;

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this.model.load();
  }

  protected override render(): React.JSX.Element {
    const { answer, failure } = this.model;
    return (
      <ErrorBoundary trans={this.trans}>
        {failure && (
          <FailureView
            failure={failure}
            onRetry={() => {
              void this.model.load();
            }}
            trans={this.trans}
          />
        )}
        {answer === null && !failure && (
          <div className="pw-Skeleton" role="status">
            <span className="pw-VisuallyHidden">
              {this.trans.__('Loading…')}
            </span>
            {Array.from({ length: 5 }, (_, index) => (
              <span
                key={index}
                className="pw-Skeleton-bar"
                aria-hidden="true"
              />
            ))}
          </div>
        )}
        {answer !== null && this.draw(answer)}
      </ErrorBoundary>
    );
  }

  private _onChanged(): void {
    this.update();
  }
}
