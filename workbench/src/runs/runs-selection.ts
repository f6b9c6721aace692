import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/**
 * What of the runs is selected and shown in the panel.
 */
export class RunsSelection {
  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The run, or `group:` and the sweep, whose details are shown. */
  get shown(): string | null {
    return this._shown;
  }

  /** The ids of the selected runs. */
  get checked(): ReadonlySet<string> {
    return this._checked;
  }

  /** Whether the form for new runs is shown in place of the list. */
  get isCreating(): boolean {
    return this._isCreating;
  }

  /** Show the details of a row, or none. */
  show(key: string | null): void {
    this._shown = key;
    this._isCreating = false;
    this._changed.emit();
  }

  /** Select runs, or deselect them if all are selected. */
  toggle(ids: readonly string[]): void {
    const isOn = !ids.every(id => this._checked.has(id));
    const checked = new Set(this._checked);
    for (const id of ids) {
      if (isOn) {
        checked.add(id);
      } else {
        checked.delete(id);
      }
    }
    this._checked = checked;
    this._changed.emit();
  }

  /** Deselect all runs. */
  clear(): void {
    this._checked = new Set();
    this._changed.emit();
  }

  /** Show the form for new runs, or the list. */
  create(isCreating: boolean): void {
    this._isCreating = isCreating;
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _shown: string | null = null;
  private _checked: ReadonlySet<string> = new Set();
  private _isCreating = false;
}
