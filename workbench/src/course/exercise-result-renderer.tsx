import { NotebookPanel } from '@jupyterlab/notebook';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import type { ExerciseResult } from '../contract';
import { ErrorBoundary } from '../failure-view';
import type { Language } from '../language';
import { EXERCISE_MIME_TYPE, parseExerciseResult } from './exercise-result';
import { ExerciseResultView } from './exercise-result-view';
import { readLesson } from './lesson-notebook';

/**
 * Shows the result of an exercise under its cell.
 */
export class ExerciseResultRenderer
  extends ReactWidget
  implements IRenderMime.IRenderer
{
  constructor(options: ExerciseResultRenderer.IOptions) {
    super();
    this._language = options.language;
    this._trans = options.trans;
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this._result = parseExerciseResult(model.data[EXERCISE_MIME_TYPE]);
    this.update();
    await this.renderPromise;
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._language = this._languageOfNotebook() ?? this._language;
    this.update();
  }

  protected override render(): React.JSX.Element {
    const trans = this._trans;
    return (
      <ErrorBoundary trans={trans}>
        {this._result ? (
          <ExerciseResultView
            language={this._language}
            result={this._result}
            trans={trans}
          />
        ) : (
          <p role="alert">
            {trans.__('This result cannot be shown. Run the cell again.')}
          </p>
        )}
      </ErrorBoundary>
    );
  }

  private _languageOfNotebook(): Language | null {
    let ancestor = this.parent;
    while (ancestor && !(ancestor instanceof NotebookPanel)) {
      ancestor = ancestor.parent;
    }
    return ancestor
      ? (readLesson(ancestor.content.model)?.language ?? null)
      : null;
  }

  private _language: Language;
  private _result: ExerciseResult | null = null;
  private readonly _trans: TranslationBundle;
}

export namespace ExerciseResultRenderer {
  export interface IOptions {
    /** The language of the hint if the notebook does not have one. */
    language: Language;

    trans: TranslationBundle;
  }
}
