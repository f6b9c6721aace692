import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import { ErrorBoundary } from '../failure-view';
import { runsIcon } from '../icons';
import type { RunFormModel } from './run-form-model';
import type { IFormCallbacks } from './run-form-view';
import { RunFormView } from './run-form-view';
import type { RunNotebooks } from './run-notebooks';
import type { RunsModel } from './runs-model';
import type { RunsSelection } from './runs-selection';
import type { IRunsCallbacks } from './runs-view';
import { RunsView } from './runs-view';

/**
 * The runs, and the form for new ones, in the left sidebar.
 */
export class RunsPanel extends ReactWidget {
  constructor(options: RunsPanel.IOptions) {
    super();
    this._options = options;
    const { form, model, selection, trans } = options;
    this.id = 'paddle-workbench-runs';
    this.addClass('pw-RunsPanel');
    this.title.icon = runsIcon;
    this.title.caption = trans.__('Runs');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Runs'));
    model.changed.connect(this._onChanged, this);
    form.changed.connect(this._onChanged, this);
    selection.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    const { form, model, selection } = this._options;
    model.changed.disconnect(this._onChanged, this);
    form.changed.disconnect(this._onChanged, this);
    selection.changed.disconnect(this._onChanged, this);
    form.dispose();
    model.dispose();
    super.dispose();
  }

  protected override onBeforeShow(message: Message): void {
    super.onBeforeShow(message);
    void this._options.model.load();
  }

  protected override render(): React.JSX.Element {
    const { form, formCallbacks, model, notebooks, on, selection, trans } =
      this._options;
    return (
      <ErrorBoundary trans={trans}>
        {selection.isCreating ? (
          <RunFormView
            addressProblem={form.addressProblem}
            choices={notebooks.choices}
            count={form.count}
            failure={form.failure}
            fields={form.fields}
            form={form.form}
            hasProblem={form.hasProblem}
            isLoading={form.isLoading}
            isStarting={form.isStarting}
            limit={model.limit}
            on={formCallbacks}
            options={form.options}
            path={form.path}
            trans={trans}
            warnings={form.warnings}
          />
        ) : (
          <RunsView
            canShowOutputs={({ run }) =>
              notebooks.openPath(run.notebook) !== null
            }
            cancelling={model.cancelling}
            checked={selection.checked}
            deleted={model.deleted}
            failure={model.failure}
            isConnected={model.isConnected}
            isLoaded={model.isLoaded}
            on={on}
            problems={model.problems}
            runs={model.runs}
            shown={selection.shown}
            trans={trans}
          />
        )}
      </ErrorBoundary>
    );
  }

  private _onChanged(): void {
    this.update();
  }

  private readonly _options: RunsPanel.IOptions;
}

export namespace RunsPanel {
  export interface IOptions {
    form: RunFormModel;
    formCallbacks: IFormCallbacks;
    model: RunsModel;
    notebooks: RunNotebooks;
    on: IRunsCallbacks;
    selection: RunsSelection;
    trans: TranslationBundle;
  }
}
