import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Job, ServerEvent } from '../contract';
import type { IConnection } from '../request';
import { request } from '../request';
import { EventStream } from './event-stream';
import type { IJobs, IRunChange } from './tokens';

/**
 * The jobs of the server as last heard of.
 */
export class Jobs implements IJobs, IDisposable {
  constructor(connection: IConnection) {
    this._connection = connection;
    this._stream = new EventStream(connection.serverSettings);
    this._stream.received.connect(this._onEvent, this);
    this._stream.connectionChanged.connect(this._onConnectionChanged, this);
  }

  get jobChanged(): ISignal<this, Job> {
    return this._jobChanged;
  }

  get courseChanged(): ISignal<this, void> {
    return this._courseChanged;
  }

  get runChanged(): ISignal<this, IRunChange> {
    return this._runChanged;
  }

  get connectionChanged(): ISignal<this, void> {
    return this._connectionChanged;
  }

  get isConnected(): boolean {
    return this._stream.isConnected;
  }

  get isDisposed(): boolean {
    return this._stream.isDisposed;
  }

  latest(kind: Job['kind'], subject: string): Job | null {
    let latest: Job | null = null;
    for (const job of this._jobs.values()) {
      if (job.kind === kind && job.subject === subject) {
        latest = newer(job, latest) ? job : latest;
      }
    }
    return latest;
  }

  async start(route: string, body: object = {}): Promise<Job> {
    const job = await request<Job>(this._connection, route, {
      method: 'POST',
      body
    });
    return this._add(job);
  }

  async cancel(id: string): Promise<Job> {
    const job = await request<Job>(this._connection, 'jobs/cancel', {
      method: 'POST',
      body: { id }
    });
    return this._add(job);
  }

  result<T>(id: string): Promise<T> {
    return request<T>(
      this._connection,
      `jobs/result?id=${encodeURIComponent(id)}`
    );
  }

  dispose(): void {
    this._stream.dispose();
    Signal.clearData(this);
  }

  /** Take the answer to a request, unless the stream has been faster. */
  private _add(job: Job): Job {
    const known = this._jobs.get(job.id);
    if (known) {
      return known;
    }
    this._jobs.set(job.id, job);
    this._jobChanged.emit(job);
    return job;
  }

  private _onEvent(_: EventStream, event: ServerEvent): void {
    const { job, topic } = event;
    if (topic === 'course') {
      this._courseChanged.emit();
    } else if (topic === 'run') {
      const { run, removed_run: removed } = event;
      this._runChanged.emit({ run, removed });
    } else if (job) {
      this._jobs.set(job.id, job);
      this._jobChanged.emit(job);
    }
  }

  private _onConnectionChanged(): void {
    this._connectionChanged.emit();
    if (this.isConnected && this._wasConnected) {
      // Another server may have come in the place of the old one.
      this._courseChanged.emit();
    }
    this._wasConnected = true;
  }

  private readonly _connection: IConnection;
  private readonly _stream: EventStream;
  private _wasConnected = false;
  private readonly _jobs = new Map<string, Job>();
  private readonly _jobChanged = new Signal<this, Job>(this);
  private readonly _courseChanged = new Signal<this, void>(this);
  private readonly _runChanged = new Signal<this, IRunChange>(this);
  private readonly _connectionChanged = new Signal<this, void>(this);
}

/** Whether a job was started after another one. */
export function newer(job: Job, than: Job | null): boolean {
  return (
    than === null || Date.parse(job.created_at) > Date.parse(than.created_at)
  );
}
