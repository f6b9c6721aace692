import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { DoctorReport } from '../contract';
import type { IFailure } from '../failure';
import { describeFailure } from '../failure';
import type { IConnection } from '../request';
import { request } from '../request';

const SECOND_MS = 1000;

/**
 * Runs the doctor on the server and keeps its last report.
 */
export class DoctorModel implements IDisposable {
  constructor(connection: IConnection) {
    this._connection = connection;
    this._trans = connection.trans;
    this._clock = new Poll({
      auto: false,
      name: 'paddle-workbench:doctor',
      factory: () => {
        this._changed.emit();
        return Promise.resolve();
      },
      frequency: { interval: SECOND_MS, backoff: false },
      standby: 'when-hidden'
    });
  }

  /** Emitted when anything below changed, and each second while the doctor runs. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The last report; null until there is one. */
  get report(): DoctorReport | null {
    return this._report;
  }

  /** Why the doctor did not finish; null if it did. */
  get failure(): IFailure | null {
    return this._failure;
  }

  /** Whole seconds since the doctor started; null if it is not running. */
  get elapsed_s(): number | null {
    return this._startedAt === null
      ? null
      : Math.floor((Date.now() - this._startedAt) / SECOND_MS);
  }

  get isDisposed(): boolean {
    return this._clock.isDisposed;
  }

  /** Examine the environment; does nothing while an examination runs. */
  async run(): Promise<void> {
    if (this._startedAt !== null) {
      return;
    }
    this._startedAt = Date.now();
    this._failure = null;
    this._changed.emit();
    void this._clock.start();
    try {
      this._report = await request<DoctorReport>(
        this._connection,
        'environment/doctor'
      );
    } catch (error) {
      this._failure = describeFailure(error, this._trans);
    } finally {
      this._startedAt = null;
      void this._clock.stop();
      if (!this.isDisposed) {
        this._changed.emit();
      }
    }
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._clock.dispose();
    Signal.clearData(this);
  }

  private readonly _connection: IConnection;
  private readonly _trans: TranslationBundle;
  private readonly _clock: Poll;
  private readonly _changed = new Signal<this, void>(this);
  private _report: DoctorReport | null = null;
  private _failure: IFailure | null = null;
  private _startedAt: number | null = null;
}
