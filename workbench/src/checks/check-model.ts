import type { TranslationBundle } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { LessonCheck } from '../contract';
import type { IFailure } from '../failure';
import { describeFailure } from '../failure';
import type { IConnection } from '../request';
import { request } from '../request';

const INTERVAL_MS = 500;

/**
 * Has the server check a learner's notebook, and follows how far it is.
 */
export class CheckModel implements IDisposable {
  constructor(connection: IConnection) {
    this._connection = connection;
    this._trans = connection.trans;
    this._poll = new Poll({
      auto: false,
      name: 'paddle-workbench:check',
      factory: () => this._refresh(),
      frequency: { interval: INTERVAL_MS, backoff: true },
      standby: 'never'
    });
  }

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The last check; null until there is one. */
  get check(): LessonCheck | null {
    return this._check;
  }

  /** Why the server could not be asked; null if it could. */
  get failure(): IFailure | null {
    return this._failure;
  }

  get isRunning(): boolean {
    return this._isStarting || this._check?.state === 'running';
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  /** Check a notebook; does nothing while one is being checked. */
  async start(path: string): Promise<void> {
    if (this.isRunning) {
      return;
    }
    this._isStarting = true;
    this._check = null;
    this._failure = null;
    this._changed.emit();
    const check = await this._ask(() => this._post('checks', path));
    this._isStarting = false;
    if (this.isDisposed) {
      return;
    }
    this._changed.emit();
    if (check?.state === 'running') {
      void this._poll.start();
    }
  }

  /** End the check that runs. */
  async cancel(): Promise<void> {
    const { path } = this._check ?? {};
    if (path !== undefined && this.isRunning) {
      const check = await this._ask(() => this._post('checks/cancel', path));
      if (check?.state === 'running' && !this.isDisposed) {
        // The poll has stopped if it has seen the end before this answer came.
        void this._poll.start();
      }
    }
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._poll.dispose();
    Signal.clearData(this);
  }

  private _post(route: string, path: string): Promise<LessonCheck> {
    return request<LessonCheck>(this._connection, route, {
      method: 'POST',
      body: { path }
    });
  }

  private async _refresh(): Promise<void> {
    const path = encodeURIComponent(this._check?.path ?? '');
    const check = await this._ask(() =>
      request<LessonCheck>(this._connection, `checks?path=${path}`)
    );
    if (check?.state !== 'running' && !this.isDisposed) {
      void this._poll.stop();
    }
  }

  private async _ask(
    question: () => Promise<LessonCheck>
  ): Promise<LessonCheck | null> {
    try {
      this._check = await question();
      this._failure = null;
    } catch (error) {
      this._failure = describeFailure(error, this._trans);
      this._check = null;
    }
    if (!this.isDisposed) {
      this._changed.emit();
    }
    return this._check;
  }

  private readonly _connection: IConnection;
  private readonly _trans: TranslationBundle;
  private readonly _poll: Poll;
  private readonly _changed = new Signal<this, void>(this);
  private _check: LessonCheck | null = null;
  private _failure: IFailure | null = null;
  private _isStarting = false;
}
