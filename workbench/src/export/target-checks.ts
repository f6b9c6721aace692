import { PromiseDelegate } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { TargetModel } from './target-model';

/** What is checked. */
export type CheckedTarget = Pick<
  TargetModel,
  'action' | 'cancel' | 'changed' | 'check'
>;

/** How far the checks are. */
export interface IChecksProgress {
  /** Targets that are behind, checked or not. */
  readonly done: number;
  /** The name of the target that is checked, or that still does something else. */
  readonly target: string;
  readonly total: number;
}

/**
 * Checks the targets of a bundle one after the other.
 *
 * It goes on while the bundle is open; the job of one target also does without it.
 */
export class TargetChecks implements IDisposable {
  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** How far it is; null unless it runs. */
  get progress(): IChecksProgress | null {
    return this._progress;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Check all targets; does nothing while it runs. */
  async run(targets: ReadonlyMap<string, CheckedTarget>): Promise<void> {
    if (this._progress || this._isDisposed) {
      return;
    }
    const cancelled = new PromiseDelegate<void>();
    const isCancelled = (): boolean => this._cancelled !== cancelled;
    this._cancelled = cancelled;
    const total = targets.size;
    for (const [done, [name, target]] of [...targets].entries()) {
      this._show({ done, target: name, total });
      // It may be exported, or checked from another window.
      await Promise.race([idle(target), cancelled.promise]);
      if (isCancelled()) {
        return;
      }
      await target.check();
      if (isCancelled()) {
        if (!this.isDisposed) {
          // It could not be cancelled before it was started.
          await target.cancel();
        }
        return;
      }
      this._current = target;
      await Promise.race([idle(target), cancelled.promise]);
      if (isCancelled()) {
        return;
      }
      this._current = null;
    }
    this._stop();
  }

  /** End the check that goes on, and start no other one. */
  async cancel(): Promise<void> {
    const current = this._current;
    this._stop();
    await current?.cancel();
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._stop();
    Signal.clearData(this);
  }

  private _stop(): void {
    this._cancelled?.resolve();
    this._cancelled = null;
    this._current = null;
    this._show(null);
  }

  private _show(progress: IChecksProgress | null): void {
    this._progress = progress;
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _cancelled: PromiseDelegate<void> | null = null;
  private _current: CheckedTarget | null = null;
  private _progress: IChecksProgress | null = null;
  private _isDisposed = false;
}

/** Wait until nothing goes on for a target. */
function idle(target: CheckedTarget): Promise<void> {
  return new Promise(resolve => {
    const look = (): void => {
      if (target.action === null) {
        target.changed.disconnect(look);
        resolve();
      }
    };
    target.changed.connect(look);
    look();
  });
}
