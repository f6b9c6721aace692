import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { RunComparison } from '../contract';
import type { AnswerModel } from './answer-model';
import { AnswerPanel } from './answer-panel';
import { ComparisonView } from './comparison-view';

/**
 * What differs between runs, in the main area.
 */
export class ComparisonPanel extends AnswerPanel<RunComparison> {
  constructor(options: ComparisonPanel.IOptions) {
    super(options.model, options.trans);
    this._onOpen = options.onOpen;
  }

  protected override draw(answer: RunComparison): React.JSX.Element {
    return (
      <ComparisonView
        comparison={answer}
        onOpen={this._onOpen}
        trans={this.trans}
      />
    );
  }

  private readonly _onOpen: (run: string) => void;
}

export namespace ComparisonPanel {
  export interface IOptions {
    model: AnswerModel<RunComparison>;
    /** Show a run in the list. */
    onOpen: (run: string) => void;
    trans: TranslationBundle;
  }
}
