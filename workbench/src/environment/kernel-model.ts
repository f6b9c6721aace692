import type { ISessionContext } from '@jupyterlab/apputils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { KernelReport } from '../contract';
import { KERNEL_EXPRESSION, parseKernelReport } from './kernel-report';

/**
 * Follows the report of the kernel of the notebook in front.
 *
 * The kernel is asked when it changes, and when it is idle again after running a cell.
 */
export class KernelModel implements IDisposable {
  constructor(notebooks: INotebookTracker) {
    this._notebooks = notebooks;
    notebooks.currentChanged.connect(this._onCurrentChanged, this);
    this._onCurrentChanged(notebooks, notebooks.currentWidget);
  }

  /** Emitted when the report changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The kernel's report; null if the workbench is not installed in the kernel. */
  get report(): KernelReport | null {
    return this._report;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._notebooks.currentChanged.disconnect(this._onCurrentChanged, this);
    this._follow(null);
    Signal.clearData(this);
  }

  private _onCurrentChanged(
    _: INotebookTracker,
    panel: NotebookPanel | null
  ): void {
    this._follow(panel?.sessionContext ?? null);
    this._setReport(null);
    void this._ask();
  }

  private _follow(session: ISessionContext | null): void {
    this._session?.kernelChanged.disconnect(this._onKernelChanged, this);
    this._session?.statusChanged.disconnect(this._onStatusChanged, this);
    this._session?.iopubMessage.disconnect(this._onMessage, this);
    this._session = session;
    this._hasRun = false;
    session?.kernelChanged.connect(this._onKernelChanged, this);
    session?.statusChanged.connect(this._onStatusChanged, this);
    session?.iopubMessage.connect(this._onMessage, this);
  }

  private _onKernelChanged(): void {
    this._setReport(null);
    void this._ask();
  }

  private _onStatusChanged(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this._hasRun = true;
    }
    if (status === 'idle' && this._hasRun) {
      this._hasRun = false;
      void this._ask();
    }
  }

  /** Silent requests, such as our own, have no input message: only cells count. */
  private _onMessage(
    _: ISessionContext,
    message: KernelMessage.IMessage
  ): void {
    if (message.header.msg_type === 'execute_input') {
      this._hasRun = true;
    }
  }

  private async _ask(): Promise<void> {
    const kernel = this._session?.session?.kernel;
    if (!kernel) {
      this._setReport(null);
      return;
    }
    let report: KernelReport | null;
    try {
      report = await askKernel(kernel);
    } catch {
      // The kernel went away during the request; the next one will be asked.
      report = null;
    }
    if (!this._isDisposed && this._session?.session?.kernel === kernel) {
      this._setReport(report);
    }
  }

  private _setReport(report: KernelReport | null): void {
    this._report = report;
    this._changed.emit();
  }

  private readonly _notebooks: INotebookTracker;
  private readonly _changed = new Signal<this, void>(this);
  private _session: ISessionContext | null = null;
  private _report: KernelReport | null = null;
  private _hasRun = false;
  private _isDisposed = false;
}

async function askKernel(
  kernel: Kernel.IKernelConnection
): Promise<KernelReport | null> {
  const { language_info: language } = await kernel.info;
  if (language.name !== 'python') {
    return null;
  }
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    user_expressions: { report: KERNEL_EXPRESSION }
  });
  const { content } = await future.done;
  return content.status === 'ok'
    ? parseKernelReport(content.user_expressions.report)
    : null;
}
