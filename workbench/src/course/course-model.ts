import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyJSONValue } from '@lumino/coreutils';
import { JSONExt } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type {
  Catalog,
  ErrorMessage,
  ExerciseResult,
  Lesson,
  OpenedLesson,
  ResetLesson
} from '../contract';
import type { IFailure } from '../failure';
import { describeFailure } from '../failure';
import type { IJobs } from '../jobs/tokens';
import type { Language } from '../language';
import type { CourseClient } from './course-client';
import { findLesson, neighbour } from './course-order';
import type { ICourseModel } from './tokens';

/**
 * Keeps the catalog that the server last sent, and sends it the learner's changes.
 *
 * The catalog is fetched again when the server reports that it changed elsewhere.
 */
export class CourseModel implements ICourseModel {
  constructor(options: CourseModel.IOptions) {
    this._client = options.client;
    this._jobs = options.jobs;
    this._trans = options.trans;
    this._language = options.language;
    this._jobs.courseChanged.connect(this._onCourseChanged, this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get disposed(): ISignal<this, void> {
    return this._disposed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get catalog(): Catalog | null {
    return this._catalog;
  }

  get failure(): IFailure | null {
    return this._failure;
  }

  get isLoading(): boolean {
    return this._isLoading;
  }

  get opening(): string | null {
    return this._opening;
  }

  get language(): Language {
    return this._language;
  }
  set language(language: Language) {
    if (language !== this._language) {
      this._language = language;
      this._changed.emit();
    }
  }

  get notices(): readonly ErrorMessage[] {
    return (this._catalog?.notices ?? []).filter(
      notice => !this._dismissed.has(notice.message)
    );
  }

  lesson(name: string): Lesson | null {
    return this._catalog && findLesson(this._catalog, name);
  }

  neighbour(name: string, step: 1 | -1): Lesson | null {
    return this._catalog && neighbour(this._catalog, name, step);
  }

  refresh(): Promise<void> {
    // A request under way may be too old for this call: the next one comes after it.
    this._nextLoad ??= this._lastLoad.then(() => {
      this._nextLoad = null;
      this._lastLoad = this._load().catch(() => undefined);
      return this._lastLoad;
    });
    return this._nextLoad;
  }

  dismiss(notice: ErrorMessage): void {
    this._dismissed.add(notice.message);
    this._changed.emit();
    // If that fails, the notice is there again after a reload.
    const { message } = notice;
    void this._update(() => this._client.dismiss({ message })).catch(
      () => undefined
    );
  }

  async open(lesson: string, language: Language): Promise<OpenedLesson> {
    this._setOpening(lesson);
    try {
      const opened = await this._client.open({ lesson, language });
      await this._reload();
      return opened;
    } finally {
      this._setOpening(null);
    }
  }

  async reset(lesson: string, language: Language): Promise<ResetLesson> {
    const reset = await this._client.reset({ lesson, language });
    await this._reload();
    return reset;
  }

  async setDone(lesson: string, done: boolean): Promise<void> {
    const entry = this.lesson(lesson);
    const isTouched =
      entry !== null &&
      (Object.keys(entry.paths).length > 0 ||
        entry.exercises.some(({ progress }) => progress.attempts > 0));
    await this._update(() =>
      this._client.update({
        lesson,
        state: done ? 'done' : isTouched ? 'started' : 'new',
        exercise: null
      })
    );
  }

  async record(result: ExerciseResult): Promise<void> {
    const { lesson, exercise, passed, message } = result;
    await this._update(() =>
      this._client.update({
        lesson,
        state: null,
        exercise: { exercise, passed, message }
      })
    );
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._jobs.courseChanged.disconnect(this._onCourseChanged, this);
    this._disposed.emit();
    Signal.clearData(this);
  }

  private _onCourseChanged(): void {
    void this.refresh();
  }

  /** Send changes one after another, so that the last one is also the last to arrive. */
  private async _update(send: () => Promise<Catalog>): Promise<void> {
    const update = this._lastUpdate.then(async () => {
      this._version += 1;
      const catalog = await send();
      this._version += 1;
      this._show(catalog);
    });
    this._lastUpdate = update.catch(() => undefined);
    await update;
  }

  /** Reload after a change. If that fails, `failure` is set, and the change is still saved. */
  private async _reload(): Promise<void> {
    this._version += 1;
    await this._load().catch(() => undefined);
  }

  private async _load(): Promise<void> {
    if (this._isDisposed) {
      return;
    }
    const version = this._version;
    this._isLoading = true;
    this._changed.emit();
    try {
      const catalog = await this._client.catalog();
      // An answer that was under way while a change was sent is outdated.
      if (version === this._version) {
        this._catalog = this._changedCatalog(catalog);
      }
      this._failure = null;
    } catch (error) {
      this._failure = describeFailure(error, this._trans);
      throw error;
    } finally {
      this._isLoading = false;
      if (!this.isDisposed) {
        this._changed.emit();
      }
    }
  }

  private _setOpening(lesson: string | null): void {
    this._opening = lesson;
    if (!this.isDisposed) {
      this._changed.emit();
    }
  }

  private _show(catalog: Catalog): void {
    this._catalog = this._changedCatalog(catalog);
    this._failure = null;
    this._changed.emit();
  }

  /** Keep the old object where nothing changed, so that views have nothing to redraw. */
  private _changedCatalog(catalog: Catalog): Catalog {
    const old = this._catalog;
    return old &&
      JSONExt.deepEqual(
        old as unknown as ReadonlyJSONValue,
        catalog as unknown as ReadonlyJSONValue
      )
      ? old
      : catalog;
  }

  private readonly _client: CourseClient;
  private readonly _trans: TranslationBundle;
  private readonly _jobs: IJobs;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _disposed = new Signal<this, void>(this);
  private readonly _dismissed = new Set<string>();
  private _catalog: Catalog | null = null;
  private _failure: IFailure | null = null;
  private _isLoading = false;
  private _isDisposed = false;
  private _lastLoad: Promise<void> = Promise.resolve();
  private _nextLoad: Promise<void> | null = null;
  private _language: Language;
  private _opening: string | null = null;
  private _lastUpdate: Promise<void> = Promise.resolve();
  private _version = 0;
}

export namespace CourseModel {
  export interface IOptions {
    client: CourseClient;
    jobs: IJobs;
    language: Language;
    trans: TranslationBundle;
  }
}
