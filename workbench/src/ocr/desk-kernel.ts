import { PathExt } from '@jupyterlab/coreutils';
import type { Contents, Kernel, Session } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Language } from '../language';
import { RequestError } from '../request';
import { CommModel } from './comm-model';
import type { IDeskKind } from './tokens';

const KERNEL = 'paddle';
/** The session type that JupyterLab uses for anything other than notebooks and consoles. */
const TYPE = 'file';
const COMM_TARGET = 'jupyter.widget';
const RETRY_AFTER_MS = 2000;
/** States in which a kernel that was running has lost its memory. */
const LOST: readonly Kernel.Status[] = [
  'starting',
  'dead',
  'restarting',
  'autorestarting',
  'terminating'
];

/**
 * The kernel that runs the desk of one file.
 */
export class DeskKernel implements IDisposable {
  private constructor(
    private readonly _session: Session.ISessionConnection,
    readonly model: CommModel
  ) {
    _session.statusChanged.connect(this._onStatusChanged, this);
    _session.disposed.connect(this._onLost, this);
    model.forgotten.connect(this._onLost, this);
  }

  /**
   * Start a kernel and open the file on a desk in it.
   *
   * A kernel that an earlier page of this browser left behind is shut down: every edit is on disk.
   * Rejects with a RequestError that explains why the desk could not be opened.
   */
  static async start(options: DeskKernel.IOptions): Promise<DeskKernel> {
    const { contents, kind, sessions } = options;
    const path = options.path + kind.session;
    const left = await sessions.findByPath(path);
    if (left?.type === TYPE && left.kernel?.name === KERNEL) {
      await sessions.shutdown(left.id);
    }
    const session = await sessions.startNew({
      path,
      name: PathExt.basename(path),
      type: TYPE,
      kernel: { name: KERNEL }
    });
    try {
      const name = PathExt.basename(contents.localPath(options.path));
      const model = await openDesk(session, name, options);
      return new DeskKernel(session, model);
    } catch (error) {
      await session.shutdown();
      throw error;
    }
  }

  /** Emitted when the kernel has ended or was replaced. */
  get lost(): ISignal<this, void> {
    return this._lost;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Shut down the kernel; all edits are on disk. */
  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
    this.model.dispose();
    if (!this._session.isDisposed) {
      const end = (): Promise<void> => this._session.shutdown();
      // A server that is restarting the kernel refuses the first request.
      void end()
        .catch(async () => {
          await new Promise(resolve => setTimeout(resolve, RETRY_AFTER_MS));
          await end();
        })
        .catch(() => {
          // The kernel or the server has already stopped.
        });
    }
  }

  private _onStatusChanged(
    _: Session.ISessionConnection,
    status: Kernel.Status
  ): void {
    if (LOST.includes(status)) {
      this._lost.emit();
    }
  }

  private _onLost(): void {
    this._lost.emit();
  }

  private readonly _lost = new Signal<this, void>(this);
  private _isDisposed = false;
}

export namespace DeskKernel {
  export interface IOptions {
    readonly contents: Contents.IManager;
    readonly kind: IDeskKind;
    readonly language: Language;
    /** The path for the contents API. */
    readonly path: string;
    readonly sessions: Session.IManager;
    readonly trans: TranslationBundle;
  }
}

async function openDesk(
  session: Session.ISessionConnection,
  name: string,
  { kind, language, trans }: DeskKernel.IOptions
): Promise<CommModel> {
  const { kernel } = session;
  const desk: { model?: CommModel } = {};
  const isKnown = async (comm: string): Promise<boolean> => {
    const reply = await kernel?.requestCommInfo({ target_name: COMM_TARGET });
    const content = reply?.content;
    return content?.status !== 'ok' || comm in content.comms;
  };
  kernel?.registerCommTarget(COMM_TARGET, (comm, opened) => {
    const { state } = opened.content.data as { state?: object };
    // The desk's layout has a comm of its own, without a front end.
    if (state && '_esm' in state) {
      desk.model = new CommModel(comm, opened, isKnown);
    }
  });
  const reply = await kernel
    ?.requestExecute({
      // A JSON string is also a Python string.
      code: [
        'from paddle_workbench import GoodsDesk, OcrDesk',
        `desk = ${kind.call(JSON.stringify(name), JSON.stringify(language))}`
      ].join('\n'),
      store_history: false
    })
    .done.catch(() => null);
  if (reply === null) {
    desk.model?.dispose();
    throw new RequestError(
      trans.__('The kernel stopped while opening %1.', name),
      trans.__('Memory may be low. Shut down other kernels, then retry.'),
      0
    );
  }
  const content = reply?.content;
  if (desk.model === undefined || content?.status === 'error') {
    desk.model?.dispose();
    throw new RequestError(
      content?.status === 'error'
        ? content.evalue
        : trans.__('The kernel did not open a desk for %1.', name),
      trans.__('Run the doctor to see what is missing.'),
      0
    );
  }
  return desk.model;
}
