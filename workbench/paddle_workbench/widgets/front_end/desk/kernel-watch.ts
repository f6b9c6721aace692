import type { DeskState } from './desk-state';

/** Milliseconds without an answer after which the kernel counts as silent. */
const SILENCE_MS = 5_000;

/**
 * Notices when the kernel has left requests unanswered for long; what is asked besides does not
 * put that off.
 */
export class KernelWatch {
  constructor(
    private readonly _state: DeskState,
    signal: AbortSignal,
    private readonly _onSilence: () => void
  ) {
    signal.addEventListener('abort', () => {
      clearTimeout(this._timer);
    });
  }

  /** Whether there are requests, and none of them was answered for long. */
  get silent(): boolean {
    return this._silent;
  }

  /** Call whenever something may have been asked or answered. */
  look(): void {
    const answered = this._state.get('answered');
    const waiting = this._state.pending > 0;
    if (waiting && this._timer !== undefined && answered === this._answered) {
      return;
    }
    clearTimeout(this._timer);
    this._timer = undefined;
    this._silent = false;
    this._answered = answered;
    if (waiting) {
      this._timer = setTimeout(() => {
        this._silent = true;
        this._onSilence();
      }, SILENCE_MS);
    }
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _answered = 0;
  private _silent = false;
}
