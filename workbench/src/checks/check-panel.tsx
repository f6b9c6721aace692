import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ILessonTracker } from '../course/tokens';
import { ErrorBoundary } from '../failure-view';
import type { CheckModel } from './check-model';
import { CheckView } from './check-view';

/**
 * The result of a check of the learner's notebook, in the right sidebar.
 */
export class CheckPanel extends ReactWidget {
  constructor(options: CheckPanel.IOptions) {
    super();
    this._options = options;
    const { lessons, model, trans } = options;
    this.id = 'paddle-workbench-check';
    this.title.icon = checkIcon;
    this.title.caption = trans.__('Check this lesson');
    this.addClass('pw-CheckPanel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Check this lesson'));
    model.changed.connect(this._onChanged, this);
    lessons.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    const { lessons, model } = this._options;
    model.changed.disconnect(this._onChanged, this);
    lessons.changed.disconnect(this._onChanged, this);
    model.dispose();
    super.dispose();
  }

  protected override render(): React.JSX.Element {
    const { lessons, model, onCheck, onReveal, trans } = this._options;
    return (
      <ErrorBoundary trans={trans}>
        <CheckView
          canCheck={lessons.lesson !== null}
          check={model.check}
          failure={model.failure}
          isRunning={model.isRunning}
          onCancel={() => {
            void model.cancel();
          }}
          onCheck={onCheck}
          onReveal={cell => {
            const { path } = model.check ?? {};
            if (path !== undefined) {
              onReveal(path, cell);
            }
          }}
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
    lessons: ILessonTracker;
    model: CheckModel;
    /** Check the lesson in front. */
    onCheck: () => void;
    /** Show a cell of a notebook. */
    onReveal: (path: string, cell: string) => void;
    trans: TranslationBundle;
  }
}
