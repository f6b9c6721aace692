import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { ErrorMessage, RunStatus, StartedRuns } from '../contract';
import type { IFailure } from '../failure';
import { describeFailure } from '../failure';
import type { IJobs, IRunChange } from '../jobs/tokens';
import { isActive } from './run-state';
import type { RunsClient } from './runs-client';

/**
 * The runs as last received from the server, which reports every change.
 */
export class RunsModel implements IDisposable {
  constructor(options: RunsModel.IOptions) {
    this._client = options.client;
    this._jobs = options.jobs;
    this._trans = options.trans;
    this._jobs.runChanged.connect(this._onRunChanged, this);
    this._jobs.connectionChanged.connect(this._onConnectionChanged, this);
  }

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when a run that was queued or running has ended. */
  get ended(): ISignal<this, RunStatus> {
    return this._ended;
  }

  /** The runs in any order; the same array until one of them changes. */
  get runs(): readonly RunStatus[] {
    this._list ??= [...this._runs.values()];
    return this._list;
  }

  /** What the server could not read. */
  get problems(): readonly ErrorMessage[] {
    return this._problems;
  }

  /** How many runs of the queue may run at once. */
  get limit(): number {
    return this._limit;
  }

  /** Why the runs could not be read; null if the last request succeeded. */
  get failure(): IFailure | null {
    return this._failure;
  }

  /** Whether the runs were received at least once. */
  get isLoaded(): boolean {
    return this._isLoaded;
  }

  /** Whether the server is heard of. */
  get isConnected(): boolean {
    return this._jobs.isConnected;
  }

  /** The runs that are being cancelled. */
  get cancelling(): ReadonlySet<string> {
    return this._cancelling;
  }

  /** The runs that were deleted last and can be restored. */
  get deleted(): readonly string[] {
    return this._deleted;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Find a run by its id. */
  run(id: string): RunStatus | null {
    return this._runs.get(id) ?? null;
  }

  /** Ask the server for all runs unless that was done. */
  async load(): Promise<void> {
    if (!this._isLoaded) {
      await this.refresh();
    }
  }

  /** Ask the server for all runs again. */
  async refresh(): Promise<void> {
    if (this._isDisposed) {
      return;
    }
    this._loading ??= this._refresh().finally(() => {
      this._loading = null;
    });
    await this._loading;
  }

  /** Stop runs, or take them out of the queue. */
  async cancel(ids: readonly string[]): Promise<void> {
    const active = ids.filter(id => isActive(this._runs.get(id)));
    if (active.length === 0) {
      return;
    }
    this._cancelling = new Set([...this._cancelling, ...active]);
    this._changed.emit();
    try {
      this._take((await this._client.cancel(active)).runs);
    } catch (error) {
      this._cancelling = without(this._cancelling, active);
      throw error;
    } finally {
      this._emit();
    }
  }

  /** Delete runs that have ended; they can be restored. */
  async delete(ids: readonly string[]): Promise<void> {
    const ended = ids.filter(id => {
      const run = this._runs.get(id);
      return run !== undefined && !isActive(run);
    });
    if (ended.length === 0) {
      return;
    }
    await this._client.delete(ended);
    for (const id of ended) {
      this._remove(id);
    }
    this._deleted = ended;
    this._emit();
  }

  /** Bring back the runs that were deleted last. */
  async restore(): Promise<void> {
    const ids = this._deleted;
    this._take((await this._client.restore(ids)).runs);
    this._deleted = [];
    this._emit();
  }

  /** Stop offering to restore the runs that were deleted last. */
  dismissDeleted(): void {
    this._deleted = [];
    this._emit();
  }

  /** Repeat runs with the same parameters. */
  rerun(ids: readonly string[], anyway: boolean): Promise<StartedRuns> {
    return this._client.rerun(ids, anyway);
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._jobs.runChanged.disconnect(this._onRunChanged, this);
    this._jobs.connectionChanged.disconnect(this._onConnectionChanged, this);
    Signal.clearData(this);
  }

  private async _refresh(): Promise<void> {
    // What is reported from now on is newer than the answer.
    this._early = new Map();
    try {
      const list = await this._client.list();
      const before = this._runs;
      this._runs = new Map();
      this._take(list.runs, before);
      for (const [id, run] of this._early) {
        if (run) {
          this._runs.set(id, run);
        } else {
          this._runs.delete(id);
        }
      }
      this._list = null;
      this._problems = list.problems;
      this._limit = list.limit;
      this._failure = null;
      this._isLoaded = true;
    } catch (error) {
      this._failure = describeFailure(error, this._trans);
    } finally {
      this._early = null;
      this._emit();
    }
  }

  private _onRunChanged(_: IJobs, { removed, run }: IRunChange): void {
    if (removed !== null) {
      this._early?.set(removed, null);
      this._remove(removed);
    }
    if (run) {
      this._early?.set(run.run.id, run);
      this._take([run]);
    }
    this._changed.emit();
  }

  private _onConnectionChanged(): void {
    this._changed.emit();
    if (this.isConnected && (this._isLoaded || this._failure !== null)) {
      // Another server may have come in the place of the old one.
      void this.refresh();
    }
  }

  private _take(
    runs: readonly RunStatus[],
    before: ReadonlyMap<string, RunStatus> = this._runs
  ): void {
    for (const run of runs) {
      const { id } = run.run;
      const hasEnded = !isActive(run) && isActive(before.get(id));
      this._runs.set(id, run);
      this._list = null;
      if (hasEnded) {
        this._cancelling = without(this._cancelling, [id]);
        this._ended.emit(run);
      }
    }
    this._list = null;
  }

  private _remove(id: string): void {
    this._runs.delete(id);
    this._list = null;
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _client: RunsClient;
  private readonly _jobs: IJobs;
  private readonly _trans: TranslationBundle;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, RunStatus>(this);
  private _runs = new Map<string, RunStatus>();
  private _list: readonly RunStatus[] | null = null;
  private _early: Map<string, RunStatus | null> | null = null;
  private _loading: Promise<void> | null = null;
  private _problems: readonly ErrorMessage[] = [];
  private _cancelling: ReadonlySet<string> = new Set();
  private _deleted: readonly string[] = [];
  private _failure: IFailure | null = null;
  private _limit = 1;
  private _isLoaded = false;
  private _isDisposed = false;
}

export namespace RunsModel {
  export interface IOptions {
    client: RunsClient;
    jobs: IJobs;
    trans: TranslationBundle;
  }
}

function without(
  ids: ReadonlySet<string>,
  removed: readonly string[]
): ReadonlySet<string> {
  return removed.some(id => ids.has(id))
    ? new Set([...ids].filter(id => !removed.includes(id)))
    : ids;
}
