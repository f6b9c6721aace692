import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Job } from '../contract';
import type { IFailure } from '../failure';
import { describeFailure } from '../failure';
import { newer } from './jobs';
import type { IJobs } from './tokens';

/**
 * The newest job of one kind and subject, and its result.
 */
export class JobModel<T> implements IDisposable {
  constructor(options: JobModel.IOptions) {
    this._options = options;
    const { jobs, kind, subject } = options;
    jobs.jobChanged.connect(this._onJobChanged, this);
    jobs.connectionChanged.connect(this._onConnectionChanged, this);
    this._follow(jobs.latest(kind, subject));
  }

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The job; null until there is one. */
  get job(): Job | null {
    return this._job;
  }

  /** The result of the last job that succeeded. */
  get result(): T | null {
    return this._result;
  }

  /** The result of the job itself; null until it has succeeded. */
  get jobResult(): T | null {
    return this._job !== null && this._job.id === this._resultId
      ? this._result
      : null;
  }

  /** Why the job failed, or could not be started. */
  get failure(): IFailure | null {
    return this._failure;
  }

  /** Whether it is being started, runs, or its result is on the way. */
  get isRunning(): boolean {
    return this._isStarting || this._isLoading || isActive(this._job);
  }

  /** Whether the server is heard of. */
  get isConnected(): boolean {
    return this._options.jobs.isConnected;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Start the job by a request; does nothing while it runs. */
  async start(route: string, body?: object): Promise<void> {
    if (this.isRunning) {
      return;
    }
    this._isStarting = true;
    this._failure = null;
    this._changed.emit();
    try {
      this._follow(await this._options.jobs.start(route, body));
    } catch (error) {
      this._fail(error);
    } finally {
      this._isStarting = false;
      if (!this._isDisposed) {
        this._changed.emit();
      }
    }
  }

  /** End the job that runs. */
  async cancel(): Promise<void> {
    if (this._job && isActive(this._job)) {
      try {
        await this._options.jobs.cancel(this._job.id);
      } catch (error) {
        this._fail(error);
      }
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    const { jobs } = this._options;
    jobs.jobChanged.disconnect(this._onJobChanged, this);
    jobs.connectionChanged.disconnect(this._onConnectionChanged, this);
    Signal.clearData(this);
  }

  private _onJobChanged(_: IJobs, job: Job): void {
    const { kind, subject } = this._options;
    const isOurs = job.kind === kind && job.subject === subject;
    if (isOurs && (job.id === this._job?.id || newer(job, this._job))) {
      this._follow(job);
    }
  }

  private _onConnectionChanged(): void {
    this._changed.emit();
  }

  private _follow(job: Job | null): void {
    const isOld = job?.id === this._job?.id && !isActive(this._job);
    if (job === null || this._isDisposed || isOld) {
      return;
    }
    this._job = job;
    this._failure = job.error;
    if (job.state === 'succeeded') {
      void this._load(job);
    } else {
      this._changed.emit();
    }
  }

  private async _load(job: Job): Promise<void> {
    this._isLoading = true;
    try {
      const result = await this._options.jobs.result<T>(job.id);
      if (this._job === job) {
        this._result = result;
        this._resultId = job.id;
      }
    } catch (error) {
      this._fail(error);
    }
    this._isLoading = false;
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _fail(error: unknown): void {
    this._failure = describeFailure(error, this._options.trans);
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _options: JobModel.IOptions;
  private readonly _changed = new Signal<this, void>(this);
  private _job: Job | null = null;
  private _result: T | null = null;
  private _failure: IFailure | null = null;
  private _resultId: string | null = null;
  private _isStarting = false;
  private _isLoading = false;
  private _isDisposed = false;
}

export namespace JobModel {
  export interface IOptions {
    jobs: IJobs;
    kind: Job['kind'];
    /** What the job works on. */
    subject: string;
    trans: TranslationBundle;
  }
}

function isActive(job: Job | null): boolean {
  return job?.state === 'queued' || job?.state === 'running';
}
