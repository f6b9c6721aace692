import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { LessonCheck } from '../contract';
import type { ILessonTracker } from '../course/tokens';
import { JobModel } from '../jobs/job-model';
import type { IJobs } from '../jobs/tokens';

/**
 * The last check of each notebook, and which notebook is in front.
 */
export class CheckModel implements IDisposable {
  constructor(options: CheckModel.IOptions) {
    this._options = options;
    options.lessons.changed.connect(this._onLessonChanged, this);
  }

  /** Emitted when another notebook is in front, or a check changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The check of the notebook in front; null if that is not a lesson. */
  get current(): JobModel<LessonCheck> | null {
    const { path } = this._options.lessons;
    return path === null ? null : this._checkOf(path);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Check a notebook; does nothing while it is being checked. */
  async start(path: string): Promise<void> {
    await this._checkOf(path).start('checks', { path });
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._options.lessons.changed.disconnect(this._onLessonChanged, this);
    for (const check of this._checks.values()) {
      check.dispose();
    }
    Signal.clearData(this);
  }

  private _checkOf(path: string): JobModel<LessonCheck> {
    let check = this._checks.get(path);
    if (!check) {
      const { jobs, trans } = this._options;
      check = new JobModel({ jobs, kind: 'check', subject: path, trans });
      check.changed.connect(this._onCheckChanged, this);
      this._checks.set(path, check);
    }
    return check;
  }

  private _onLessonChanged(): void {
    this._changed.emit();
  }

  private _onCheckChanged(): void {
    this._changed.emit();
  }

  private readonly _options: CheckModel.IOptions;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _checks = new Map<string, JobModel<LessonCheck>>();
  private _isDisposed = false;
}

export namespace CheckModel {
  export interface IOptions {
    jobs: IJobs;
    lessons: ILessonTracker;
    trans: TranslationBundle;
  }
}
