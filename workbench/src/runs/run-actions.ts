import { Notification } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookContent } from '@jupyterlab/nbformat';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ResumeForm, ResumeRequest } from '../contract';
import { describeFailure } from '../failure';
import { RequestError } from '../request';
import type { RunNotebooks } from './run-notebooks';
import { notebookName } from './run-text';
import type { RunsClient } from './runs-client';
import type { RunsModel } from './runs-model';
import { showOutputs } from './show-outputs';

/** The notebook has changed since. */
const UNPROCESSABLE = 422;

/**
 * What a person does with runs. Each action reports its failure in a notification.
 */
export class RunActions {
  constructor(private readonly _options: RunActions.IOptions) {}

  /** Stop runs, or take them out of the queue. */
  cancel(ids: readonly string[]): Promise<void> {
    return this._try(() => this._options.model.cancel(ids));
  }

  /** Delete runs that have ended. */
  delete(ids: readonly string[]): Promise<void> {
    return this._try(() => this._options.model.delete(ids));
  }

  /** Bring back the runs that were deleted last. */
  restore(): Promise<void> {
    return this._try(() => this._options.model.restore());
  }

  /** Repeat runs with the same parameters. */
  async rerun(ids: readonly string[], anyway = false): Promise<void> {
    const { model, trans } = this._options;
    try {
      const { count, warnings } = await model.rerun(ids, anyway);
      const message =
        count === 1
          ? trans.__('The run is repeated.')
          : trans.__('%1 runs are repeated.', count);
      Notification.success([message, ...warnings].join('\n'));
    } catch (error) {
      if (
        error instanceof RequestError &&
        error.status === UNPROCESSABLE &&
        !anyway
      ) {
        this._tell(error, trans.__('Repeat anyway'), () =>
          this.rerun(ids, true)
        );
      } else {
        this._tell(error, trans.__('Retry'), () => this.rerun(ids, anyway));
      }
    }
  }

  /** Ask where a run can be resumed, with its notebook as it is now. */
  resumeForm(id: string): Promise<ResumeForm> {
    return this._options.client.resumeForm(this._resumeRequest(id, null));
  }

  /** Resume a run at a cell, or else where it ended. */
  resume(id: string, cell: string | null): Promise<void> {
    const { client, trans } = this._options;
    return this._try(async () => {
      const request = this._resumeRequest(id, cell);
      const { resumed_from: from, warnings } = await client.resume(request);
      const message =
        from?.state === 'snapshot'
          ? trans.__('The run continues at the cell “%1”.', from.cell)
          : trans.__('All cells run again: %1.', from?.reason ?? '');
      Notification.success([message, ...warnings].join('\n'));
    });
  }

  /** Open the executed notebook of a run, without a kernel. */
  openNotebook(id: string): Promise<void> {
    const { client, documents } = this._options;
    return this._try(async () => {
      const path = await client.open(id);
      documents.openOrReveal(path, 'Notebook', undefined, undefined, {
        autoStartDefault: false,
        shouldStart: false
      });
    });
  }

  /** Put the outputs of a run into its notebook, which is open. */
  showOutputs(id: string, path: string): Promise<void> {
    const { client, contents, notebooks, trans } = this._options;
    return this._try(async () => {
      const file = await contents.get(await client.open(id), {
        content: true,
        type: 'notebook'
      });
      const notebook = notebooks.model(path);
      if (!notebook) {
        throw new RequestError(
          trans.__('%1 is not open.', path),
          trans.__('Open it, then try again.'),
          0
        );
      }
      const count = showOutputs(notebook, file.content as INotebookContent);
      const name = notebookName(path);
      if (count === 0) {
        Notification.warning(
          trans.__(
            'No cell of “%1” is as it was in the run. Open the notebook of the run to see its outputs.',
            name
          )
        );
        return;
      }
      Notification.success(
        trans.__('Cells of “%1” with outputs of the run: %2.', name, count),
        {
          actions: [
            {
              label: trans.__('Undo'),
              callback: () => {
                notebook.sharedModel.undo();
              }
            }
          ]
        }
      );
    });
  }

  private _resumeRequest(id: string, cell: string | null): ResumeRequest {
    const { model, notebooks } = this._options;
    const path = notebooks.openPath(model.run(id)?.run.notebook ?? '');
    const content = path === null ? null : notebooks.content(path);
    return { id, cell, content };
  }

  private async _try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this._tell(error, this._options.trans.__('Retry'), () =>
        this._try(action)
      );
    }
  }

  private _tell(
    error: unknown,
    label: string,
    action: () => Promise<void>
  ): void {
    const { message, hint } = describeFailure(error, this._options.trans);
    Notification.error([message, hint].filter(Boolean).join('\n'), {
      actions: [
        {
          label,
          callback: () => {
            void action();
          }
        }
      ],
      autoClose: false
    });
  }
}

export namespace RunActions {
  export interface IOptions {
    client: RunsClient;
    contents: Contents.IManager;
    documents: IDocumentManager;
    model: RunsModel;
    notebooks: RunNotebooks;
    trans: TranslationBundle;
  }
}
