import { Notification } from '@jupyterlab/apputils';
import type { ICodeCellModel } from '@jupyterlab/cells';
import { CodeCell, isCodeCellModel } from '@jupyterlab/cells';
import { URLExt } from '@jupyterlab/coreutils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { ICodeCell, INotebookContent } from '@jupyterlab/nbformat';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { MissedCell, MissedOutputs } from '../contract';
import type { IConnection } from '../request';
import { request } from '../request';
import { showOutputs } from './show-outputs';

/** How often to ask about a cell that still runs. */
const RUNNING_MS = 1000;
/** How often to ask whether another page, in which a cell runs, was lost. */
const WAITING_MS = 5000;

/**
 * Puts the outputs that a notebook has missed into it: those of cells that ran while its page was
 * closed, or had lost its connection.
 */
export class ReturnedOutputs implements IDisposable {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _connection: IConnection
  ) {
    const { context, sessionContext } = _panel;
    sessionContext.kernelChanged.connect(this._start, this);
    sessionContext.connectionStatusChanged.connect(this._onConnection, this);
    context.saveState.connect(this._onSave, this);
    void Promise.all([context.ready, sessionContext.ready]).then(() => {
      this._isReady = true;
      this._start();
    });
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Forget what has ended: whoever closes the notebook without saving it does not want it back.
   *
   * This is not called when the page is closed.
   */
  dispose(): void {
    if (!this._isDisposed && this._kernel) {
      void this._forget(this._kernel).catch(() => undefined);
    }
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  private _onConnection(_: unknown, status: Kernel.ConnectionStatus): void {
    if (status === 'connected') {
      this._start();
    }
  }

  private _start(): void {
    clearTimeout(this._timer);
    this._version = 0;
    this._question += 1;
    if (this._isReady && !this._isDisposed) {
      void this._ask();
    }
  }

  private async _ask(): Promise<void> {
    const kernel = this._panel.sessionContext.session?.kernel;
    if (!kernel) {
      return;
    }
    this._kernel = { id: kernel.id, clientId: kernel.clientId };
    const question = this._question;
    const query = URLExt.objectToQueryString({
      kernel: kernel.id,
      page: kernel.clientId,
      after: String(this._version)
    });
    let answer: MissedOutputs;
    try {
      answer = await request(this._connection, `outputs${query}`);
    } catch {
      // A server without the route, or one that has ended. The next connection asks again.
      return;
    }
    if (this._isDisposed || question !== this._question) {
      return;
    }
    this._version = answer.version;
    this._show(answer.cells);
    if (answer.is_running || answer.is_waiting) {
      this._timer = window.setTimeout(
        () => void this._ask(),
        answer.is_running ? RUNNING_MS : WAITING_MS
      );
    }
  }

  private _show(missed: readonly MissedCell[]): void {
    const { content, context } = this._panel;
    const model = content.model;
    // What the page itself runs goes on by its own connection, until it turns out incomplete.
    const shown = missed.filter(
      each => !each.is_own || each.state === 'finished'
    );
    if (!model || shown.length === 0) {
      return;
    }
    const widgets = new Map(content.widgets.map(each => [each.model.id, each]));
    const found: [ICodeCellModel, MissedCell][] = [];
    let lost = 0;
    for (const each of shown) {
      const widget = widgets.get(each.cell);
      const cell = widget?.model;
      if (cell && isCodeCellModel(cell) && hasSource(cell, each.source)) {
        if (each.is_own && widget instanceof CodeCell) {
          // It would add what still arrives of its outputs to those that are complete.
          dispose(widget.outputArea.future);
        }
        cell.trusted = true;
        found.push([cell, each]);
      } else if (each.state === 'finished' && each.outputs.length > 0) {
        lost += 1;
      }
      if (each.state === 'finished') {
        this._received.add(each.run);
      }
    }
    showOutputs(model, notebookOf(shown));
    // Afterwards, since a cell that gets its count becomes idle.
    for (const [cell, { state }] of found) {
      cell.executionState = state === 'finished' ? 'idle' : 'running';
    }
    if (lost > 0) {
      this._warn(lost, context);
    }
  }

  private _warn(lost: number, context: DocumentRegistry.Context): void {
    const { trans } = this._connection;
    Notification.warning(
      trans.__(
        'Outputs of cells in %1 are not shown, since the cells have changed after they ran: %2',
        context.localPath,
        lost
      ),
      { autoClose: false }
    );
  }

  private _onSave(_: unknown, state: DocumentRegistry.SaveState): void {
    const kernel = this._panel.sessionContext.session?.kernel;
    if (state !== 'completed' || !kernel) {
      return;
    }
    const runs = [...this._received];
    this._received.clear();
    this._forget(kernel, runs).catch(() => {
      runs.forEach(each => this._received.add(each));
    });
  }

  private async _forget(
    { id, clientId }: Pick<Kernel.IKernelConnection, 'id' | 'clientId'>,
    runs = [...this._received]
  ): Promise<void> {
    const body = { kernel: id, page: clientId, runs };
    await request(this._connection, 'outputs', { method: 'POST', body });
  }

  private readonly _received = new Set<string>();
  private _isDisposed = false;
  private _isReady = false;
  private _kernel:
    Pick<Kernel.IKernelConnection, 'id' | 'clientId'> | undefined;
  private _question = 0;
  private _timer: number | undefined;
  private _version = 0;
}

/** The types of JupyterLab omit that a cell that has not run has no future. */
function dispose(future: IDisposable | undefined): void {
  future?.dispose();
}

function hasSource(model: ICodeCellModel, source: string): boolean {
  return model.sharedModel.getSource() === source;
}

function notebookOf(missed: readonly MissedCell[]): INotebookContent {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: missed.map(each => ({
      cell_type: 'code',
      id: each.cell,
      source: each.source,
      metadata: {},
      execution_count: each.execution_count,
      outputs: each.outputs as unknown as ICodeCell['outputs']
    }))
  };
}
