import { Notification } from '@jupyterlab/apputils';
import type { IStateDB } from '@jupyterlab/statedb';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { RunStatus } from '../contract';
import type { RunNotebooks } from './run-notebooks';
import { isActive, stateSign, stateText } from './run-state';
import { notebookName } from './run-text';
import type { RunsModel } from './runs-model';

const KEY = 'paddle-workbench:started-from-notebooks';

/**
 * Offers the outputs of runs that were started from an open notebook, also after a reload.
 */
export class OutputOffers {
  constructor(private readonly _options: OutputOffers.IOptions) {
    _options.model.ended.connect(this._onEnded, this);
  }

  /** Take up runs that were started before the page was loaded. */
  async restore(): Promise<void> {
    const { model, state } = this._options;
    const stored = (await state?.fetch(KEY)) ?? {};
    for (const [id, path] of Object.entries(stored as object)) {
      if (typeof path === 'string') {
        this._paths.set(id, path);
      }
    }
    if (this._paths.size === 0) {
      return;
    }
    await model.load();
    for (const id of [...this._paths.keys()]) {
      const run = model.run(id);
      if (run && !isActive(run)) {
        this._offer(run);
      } else if (!run && model.isLoaded) {
        this._forget(id);
      }
    }
  }

  /** Remember that runs were started from a notebook. */
  add(ids: readonly string[], path: string): void {
    for (const id of ids) {
      this._paths.set(id, path);
    }
    this._save();
  }

  private _onEnded(_: RunsModel, run: RunStatus): void {
    this._offer(run);
  }

  private _offer({ run }: RunStatus): void {
    const { id, state } = run;
    const path = this._paths.get(id);
    if (path === undefined) {
      return;
    }
    this._forget(id);
    const { notebooks, onShow, onShowRun, trans } = this._options;
    const isOpen = notebooks.model(path) !== null;
    const hasOutputs = state !== 'cancelled' || run.cells_done > 0;
    Notification.emit(
      trans.__(
        '%1 Run of “%2”: %3',
        stateSign(state),
        notebookName(path),
        stateText(state, trans)
      ),
      state === 'succeeded' ? 'success' : 'warning',
      {
        actions: [
          ...(isOpen && hasOutputs
            ? [
                {
                  label: trans.__('Show outputs in the notebook'),
                  callback: () => {
                    onShow(id, path);
                  }
                }
              ]
            : []),
          {
            label: trans.__('Show'),
            callback: () => {
              onShowRun(id);
            }
          }
        ],
        autoClose: false
      }
    );
  }

  private _forget(id: string): void {
    this._paths.delete(id);
    this._save();
  }

  private _save(): void {
    // If that fails, the outputs are not offered after a reload; the runs are in the list.
    void this._options.state
      ?.save(KEY, Object.fromEntries(this._paths))
      .catch(() => undefined);
  }

  private readonly _paths = new Map<string, string>();
}

export namespace OutputOffers {
  export interface IOptions {
    model: RunsModel;
    notebooks: RunNotebooks;
    /** Put the outputs of a run into an open notebook. */
    onShow: (id: string, path: string) => void;
    /** Show a run in the panel. */
    onShowRun: (id: string) => void;
    /** Where they are kept over a reload; null where the application has none. */
    state: IStateDB | null;
    trans: TranslationBundle;
  }
}
