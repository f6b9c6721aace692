import type { IModel, ITraits } from './model';

/** A question to the widget in the kernel, or its answer, by `WorkbenchWidget._handle_custom_msg`. */
interface IPing {
  readonly workbench: 'ping' | 'pong';
  readonly number: number;
}

/** Set by Jupyter on the element of a widget whose kernel was restarted, or never ran. */
const DISCONNECTED = 'jupyter-widgets-disconnected';

interface IKernelGuardOptions<Traits extends ITraits> {
  readonly model: IModel<Traits>;
  /** The element that Jupyter gave to the widget. */
  readonly el: HTMLElement;
  /** Called once; `isStale` is whether the widget shows edits that the kernel never got. */
  readonly onGone: (isStale: boolean) => void;
}

/**
 * Finds out whether the kernel of a widget is gone.
 *
 * Jupyter marks widgets only when it restarts the kernel itself. A kernel that was shut down cannot be
 * sent anything, and one that was restarted from elsewhere handles messages without answering them. So
 * touches and changes ask. A busy kernel handles the question later; one that dies may lose it.
 */
export class KernelGuard<Traits extends ITraits> {
  constructor(private readonly _options: IKernelGuardOptions<Traits>) {
    const { model } = _options;
    model.on('comm_live_update', this._onDisconnected);
    model.on('msg:custom', this._onMessage);
    this.model = {
      get: name => model.get(name),
      set: (name, value) => {
        if (this._isGone) {
          return;
        }
        if (!this._unanswered.has(name)) {
          this._unanswered.set(name, model.get(name));
        }
        this._asked = this._count;
        model.set(name, value);
      },
      save_changes: () => {
        model.save_changes();
        this._ask();
      },
      send: content => {
        model.send(content);
        this._ask();
      },
      on: (event, handler) => {
        model.on(event, handler);
      },
      off: (event, handler) => {
        model.off(event, handler);
      }
    };
  }

  /** For the widget: notes what it changes until the kernel has answered. */
  readonly model: IModel<Traits>;

  get isGone(): boolean {
    return this._isGone;
  }

  /** Call before the widget takes a touch. Returns whether it may. */
  touch(event: Event): boolean {
    if (this._isDisconnected) {
      this._end();
      return false;
    }
    if (event.type === 'input' || event.type === 'change') {
      // An element of the widget already shows the edit.
      this._isEdited = true;
      this._asked = this._count;
    }
    if (!this._isAsking || event.type === 'pointerdown') {
      this._ask();
    }
    return !this._isGone;
  }

  dispose(): void {
    this._options.model.off('comm_live_update', this._onDisconnected);
    this._options.model.off('msg:custom', this._onMessage);
  }

  private get _isDisconnected(): boolean {
    return this._options.el.classList.contains(DISCONNECTED);
  }

  private _ask(): void {
    const { model } = this._options;
    if (model.widget_manager === undefined || this._isGone) {
      return;
    }
    const number = ++this._count;
    this._isAsking = true;
    try {
      model.send({ workbench: 'ping', number } satisfies IPing, {
        // Only errors are replied to, such as a subshell that a restarted kernel does not have.
        shell: {
          reply: ({ content }) => {
            if (content.status === 'error') {
              this._end();
            }
          }
        },
        iopub: {
          status: ({ content }) => {
            if (content.execution_state === 'idle') {
              this._onHandled(number);
            }
          }
        }
      });
    } catch {
      this._end();
    }
  }

  private _onHandled(number: number): void {
    if (number > this._answered) {
      this._end();
      return;
    }
    this._isAsking = number < this._count;
    if (number > this._asked) {
      this._unanswered.clear();
      this._isEdited = false;
    }
  }

  private readonly _onMessage = (content: unknown): void => {
    const { workbench, number = 0 } = (content ?? {}) as Partial<IPing>;
    if (workbench === 'pong') {
      this._answered = Math.max(this._answered, number);
    }
  };

  /** Without a touch that waits for an answer, the next one is early enough. */
  private readonly _onDisconnected = (): void => {
    if (this._isDisconnected && this._isAsking) {
      this._end();
    }
  };

  private _end(): void {
    if (this._isGone) {
      return;
    }
    this._isGone = true;
    for (const [name, value] of this._unanswered) {
      this._options.model.set(name, value as Traits[typeof name]);
    }
    this._options.onGone(this._isEdited || this._unanswered.size > 0);
    this._unanswered.clear();
  }

  /** What traits were before changes that the kernel has not confirmed. */
  private readonly _unanswered = new Map<keyof Traits, unknown>();
  private _isEdited = false;
  private _isGone = false;
  private _isAsking = false;
  /** The number of the last question, of the last one answered, and of the last before a change. */
  private _count = 0;
  private _answered = 0;
  private _asked = 0;
}
