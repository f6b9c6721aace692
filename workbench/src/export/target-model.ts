import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { ExportReport, Job } from '../contract';
import type { IFailure } from '../failure';
import { JobModel } from '../jobs/job-model';
import { newer } from '../jobs/jobs';
import type { IJobs } from '../jobs/tokens';

type Action = 'export' | 'preflight';

const ROUTES: Readonly<Record<Action, string>> = {
  export: 'export',
  preflight: 'export/preflight'
};

/**
 * What was found about a bundle and a target, by a preflight or an export.
 *
 * The server's jobs are followed, so that one started in another window, or before this one was
 * closed, is found again.
 */
export class TargetModel implements IDisposable {
  constructor(options: TargetModel.IOptions) {
    this._options = options;
    const { jobs, path, target, trans } = options;
    const subject = `${path}#${target}`;
    const model = (kind: Action): JobModel<ExportReport> => {
      const job = new JobModel<ExportReport>({ jobs, kind, subject, trans });
      job.changed.connect(this._onJobChanged, this);
      return job;
    };
    this._knownExport = succeeded(jobs.latest('export', subject));
    this._jobs = { export: model('export'), preflight: model('preflight') };
  }

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when an export has ended, after which the bundle may be another one. */
  get exported(): ISignal<this, void> {
    return this._exported;
  }

  /** What is going on. */
  get action(): Action | null {
    const { export: exporting, preflight } = this._jobs;
    return exporting.isRunning
      ? 'export'
      : preflight.isRunning
        ? 'preflight'
        : null;
  }

  /** The job that goes on, or was the last one; null if there was none. */
  get job(): Job | null {
    const { action } = this;
    return (action ? this._jobs[action] : this._newest).job;
  }

  /** Why the last job could not be started, or failed. */
  get failure(): IFailure | null {
    if (this.action) {
      return null;
    }
    // A job that could not be started is not among the server's.
    const started = this._started && this._jobs[this._started].failure;
    return started ?? this._newest.failure;
  }

  /** The newest report about the bundle that was made at a time; null if there is none. */
  reportOn(bundleCreatedAt: string): ExportReport | null {
    const made = Date.parse(bundleCreatedAt);
    const { export: exporting, preflight } = this._jobs;
    const models =
      this._newest === exporting
        ? [exporting, preflight]
        : [preflight, exporting];
    const reports = models.map(({ jobResult }) => jobResult);
    return (
      reports.find(
        report =>
          report !== null && Date.parse(report.bundle_created_at) === made
      ) ?? null
    );
  }

  /** Report whether the target accepts the bundle, without changing it. */
  async check(): Promise<void> {
    await this._start('preflight');
  }

  /** Export the bundle to the target. */
  async export(): Promise<void> {
    await this._start('export');
  }

  /** End what goes on. */
  async cancel(): Promise<void> {
    if (this.action) {
      await this._jobs[this.action].cancel();
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._jobs.export.dispose();
    this._jobs.preflight.dispose();
    Signal.clearData(this);
  }

  /** The job that was started last. */
  private get _newest(): JobModel<ExportReport> {
    const { export: exporting, preflight } = this._jobs;
    const isExport =
      exporting.job !== null && newer(exporting.job, preflight.job);
    return isExport ? exporting : preflight;
  }

  private async _start(action: Action): Promise<void> {
    if (this.action) {
      return;
    }
    this._started = action;
    const { path, target } = this._options;
    await this._jobs[action].start(ROUTES[action], { path, target });
  }

  private _onJobChanged(): void {
    const { job } = this._jobs.export;
    const ended = succeeded(job);
    if (ended !== null && ended !== this._knownExport) {
      this._knownExport = ended;
      this._exported.emit();
    }
    this._changed.emit();
  }

  private readonly _options: TargetModel.IOptions;
  private readonly _jobs: Readonly<Record<Action, JobModel<ExportReport>>>;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _exported = new Signal<this, void>(this);
  private _knownExport: string | null;
  private _started: Action | null = null;
  private _isDisposed = false;
}

export namespace TargetModel {
  export interface IOptions {
    jobs: IJobs;
    /** The bundle, as the server names it. */
    path: string;
    target: string;
    trans: TranslationBundle;
  }
}

/** The id of a job that has succeeded. */
function succeeded(job: Job | null): string | null {
  return job?.state === 'succeeded' ? job.id : null;
}
