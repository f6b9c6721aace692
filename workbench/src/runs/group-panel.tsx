import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { RunGroupTable } from '../contract';
import type { AnswerModel } from './answer-model';
import { AnswerPanel } from './answer-panel';
import { GroupTableView } from './group-table-view';
import type { RunsModel } from './runs-model';

/**
 * The table of a sweep with its plots, in the main area; follows its runs.
 */
export class GroupPanel extends AnswerPanel<RunGroupTable> {
  constructor(options: GroupPanel.IOptions) {
    super(options.model, options.trans);
    this._options = options;
    options.runs.ended.connect(this._onEnded, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._options.runs.ended.disconnect(this._onEnded, this);
    super.dispose();
  }

  protected override draw(answer: RunGroupTable): React.JSX.Element {
    return (
      <GroupTableView
        onOpen={this._options.onOpen}
        table={answer}
        trans={this.trans}
      />
    );
  }

  private _onEnded(): void {
    void this.model.load();
  }

  private readonly _options: GroupPanel.IOptions;
}

export namespace GroupPanel {
  export interface IOptions {
    model: AnswerModel<RunGroupTable>;
    /** Show a run in the list. */
    onOpen: (run: string) => void;
    runs: RunsModel;
    trans: TranslationBundle;
  }
}
