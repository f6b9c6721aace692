import { areSame } from './estimate';
import type { Settings } from './lens-traits';

/**
 * Settings, and those before and after them.
 */
export class SettingsHistory {
  constructor(private _current: Settings) {}

  get current(): Settings {
    return this._current;
  }

  get canUndo(): boolean {
    return this._past.length > 0;
  }

  get canRedo(): boolean {
    return this._future.length > 0;
  }

  /** Go on with other settings. Returns whether they differ. */
  apply(settings: Settings): boolean {
    if (areSame(settings, this._current)) {
      return false;
    }
    this._past.push(this._current);
    this._future = [];
    this._current = settings;
    return true;
  }

  undo(): boolean {
    return this._step(this._past, this._future);
  }

  redo(): boolean {
    return this._step(this._future, this._past);
  }

  private _step(from: Settings[], to: Settings[]): boolean {
    const settings = from.pop();
    if (settings === undefined) {
      return false;
    }
    to.push(this._current);
    this._current = settings;
    return true;
  }

  private readonly _past: Settings[] = [];
  private _future: Settings[] = [];
}
