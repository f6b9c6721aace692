import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { IFailure } from '../failure';
import { describeFailure } from '../failure';

/**
 * The answer to one request, which can be asked again.
 */
export class AnswerModel<T> implements IDisposable {
  constructor(
    private readonly _ask: () => Promise<T>,
    private readonly _trans: TranslationBundle
  ) {}

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The last answer; null until it was received for the first time. */
  get answer(): T | null {
    return this._answer;
  }

  /** Why there is no answer; null if the last request succeeded. */
  get failure(): IFailure | null {
    return this._failure;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Ask again, unless a request is under way. */
  async load(): Promise<void> {
    this._loading ??= this._load().finally(() => {
      this._loading = null;
    });
    await this._loading;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private async _load(): Promise<void> {
    try {
      this._answer = await this._ask();
      this._failure = null;
    } catch (error) {
      this._failure = describeFailure(error, this._trans);
    }
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _answer: T | null = null;
  private _failure: IFailure | null = null;
  private _loading: Promise<void> | null = null;
  private _isDisposed = false;
}
