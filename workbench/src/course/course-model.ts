import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyJSONValue } from '@lumino/coreutils';
import { JSONExt } from '@lumino/coreutils';
import { Poll } from '@lumino/polling';
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
import type { Language } from '../language';
import type { CourseClient } from './course-client';
import { findLesson, neighbour } from './course-order';
import type { ICourseModel } from './tokens';

const POLL_INTERVAL_MS = 30_000;
const LONGEST_POLL_INTERVAL_MS = 300_000;

/**
 * Keeps the catalog that the server last sent, and sends it the learner's changes.
 *
 * The catalog is asked for again at intervals, since another window may change it.
 */
export class CourseModel implements ICourseModel {
  constructor(options: CourseModel.IOptions) {
    this._client = options.client;
    this._trans = options.trans;
    this._language = options.language;
    this._poll = new Poll({
      auto: false,
      name: 'paddle-workbench:course',
      factory: () => this._load(),
      frequency: {
        interval: POLL_INTERVAL_MS,
        backoff: true,
        max: LONGEST_POLL_INTERVAL_MS
      },
      standby: 'when-hidden'
    });
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get disposed(): ISignal<this, void> {
    return this._disposed;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
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

  async refresh(): Promise<void> {
    if (this._poll.state.phase === 'refreshed') {
      // A request under way may be too old for this call, and no second one starts during it.
      await this._poll.tick.catch(() => undefined);
    }
    await this._poll.refresh();
    // Settles with the request; rejects only if the poll is disposed in the meantime.
    await this._poll.tick.catch(() => undefined);
  }

  dismiss(notice: ErrorMessage): void {
    this._dismissed.add(notice.message);
    this._changed.emit();
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
    this._poll.dispose();
    this._disposed.emit();
    Signal.clearData(this);
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
  private readonly _poll: Poll;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _disposed = new Signal<this, void>(this);
  private readonly _dismissed = new Set<string>();
  private _catalog: Catalog | null = null;
  private _failure: IFailure | null = null;
  private _isLoading = false;
  private _language: Language;
  private _opening: string | null = null;
  private _lastUpdate: Promise<void> = Promise.resolve();
  private _version = 0;
}

export namespace CourseModel {
  export interface IOptions {
    client: CourseClient;
    language: Language;
    trans: TranslationBundle;
  }
}
