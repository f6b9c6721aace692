import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { JSONObject, JSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** Traits as the kernel sends them; bytes are views of a buffer. */
type State = Record<string, unknown>;

/** Milliseconds after which a kernel that has not answered is asked whether it knows the widget. */
const PATIENCE_MS = 3_000;

/** What is sent over the comm of a widget, in either direction. */
interface IWidgetMessage {
  method?: string;
  state?: State;
  buffer_paths?: (string | number)[][];
}

/**
 * A widget in a kernel, with the interface that anywidget gives to front ends.
 *
 * Implements version 2 of the Jupyter widget protocol, whose own manager only serves notebooks and
 * consoles. This is the only view of the widget, so echoes are ignored.
 */
export class CommModel implements IDisposable {
  constructor(
    private readonly _comm: Kernel.IComm,
    opened: KernelMessage.ICommOpenMsg,
    private readonly _isKnown: (comm: string) => Promise<boolean>
  ) {
    this._state = stateOf(opened.content.data, opened.buffers);
    _comm.onMsg = ({ content, buffers }) => {
      this._heard++;
      if ((content.data as IWidgetMessage).method === 'update') {
        this._update(stateOf(content.data, buffers));
      }
    };
  }

  /** The value of a trait; undefined if there is no trait with that name. */
  get(name: string): unknown {
    return this._state[name];
  }

  /** Change a trait locally; `save_changes` sends it to the kernel. */
  set(name: string, value: unknown): void {
    this._unsaved.add(name);
    this._update({ [name]: value });
  }

  /** Send the kernel all changes since the last time. */
  save_changes(): void {
    const state: JSONObject = {};
    for (const name of this._unsaved) {
      state[name] = this._state[name] as JSONValue;
    }
    this._unsaved.clear();
    if (Object.keys(state).length > 0) {
      this._send({ method: 'update', state, buffer_paths: [] });
    }
  }

  /** Send the kernel a custom message; it answers by changing a trait. */
  send(content: unknown): void {
    const count = this._heard;
    const future = this._send({
      method: 'custom',
      content: content as JSONValue
    });
    if (future === null) {
      return;
    }
    this._unanswered++;
    this._asking ??= setInterval(() => {
      this._ask();
    }, PATIENCE_MS);
    void future.done.then(
      () => {
        if (this._heard > count) {
          this._unanswered--;
        } else {
          this._ask();
        }
      },
      () => {
        // The kernel has ended; its status shows that.
      }
    );
  }

  /** Emitted when the kernel has not answered and does not know the widget: it was restarted. */
  get forgotten(): ISignal<this, void> {
    return this._forgotten;
  }

  /** Messages that the kernel has not answered. */
  get unanswered(): number {
    return this._unanswered;
  }

  /** Call a handler at each `change:name`. */
  on(event: string, handler: () => void): void {
    const handlers = this._handlers.get(event) ?? new Set();
    handlers.add(handler);
    this._handlers.set(event, handlers);
  }

  /** Remove a handler. */
  off(event: string, handler: () => void): void {
    this._handlers.get(event)?.delete(handler);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearInterval(this._asking);
    this._handlers.clear();
    Signal.clearData(this);
    this._comm.dispose();
  }

  private _send(data: JSONObject): Kernel.IShellFuture | null {
    return this._isDisposed ? null : this._comm.send(data);
  }

  private _ask(): void {
    if (this._unanswered === 0) {
      clearInterval(this._asking);
      this._asking = undefined;
      return;
    }
    this._isKnown(this._comm.commId).then(
      isKnown => {
        if (!isKnown && !this._isDisposed) {
          this._forgotten.emit();
        }
      },
      () => {
        // The kernel has ended; its status shows that.
      }
    );
  }

  /** Set all values before calling the first handler. */
  private _update(state: State): void {
    const changed = Object.keys(state).filter(
      name => this._state[name] !== state[name]
    );
    Object.assign(this._state, state);
    for (const name of changed) {
      const handlers = this._handlers.get(`change:${name}`) ?? new Set();
      // Handlers may add others, which wait for the next change, or remove some.
      for (const handler of [...handlers]) {
        if (handlers.has(handler)) {
          handler();
        }
      }
    }
  }

  private readonly _state: State;
  private readonly _unsaved = new Set<string>();
  private readonly _handlers = new Map<string, Set<() => void>>();
  private readonly _forgotten = new Signal<this, void>(this);
  private _asking: ReturnType<typeof setInterval> | undefined;
  private _heard = 0;
  private _unanswered = 0;
  private _isDisposed = false;
}

/** Put the bytes of a message where they belong in its state. */
function stateOf(
  data: JSONValue,
  buffers: (ArrayBuffer | ArrayBufferView)[] = []
): State {
  const { state = {}, buffer_paths: paths = [] } = data as IWidgetMessage;
  paths.forEach((path, at) => {
    let place = state as Record<string | number, unknown>;
    for (const step of path.slice(0, -1)) {
      place = place[step] as Record<string | number, unknown>;
    }
    const bytes = buffers[at];
    const last = path.at(-1);
    if (bytes !== undefined && last !== undefined) {
      place[last] = bytes instanceof ArrayBuffer ? new DataView(bytes) : bytes;
    }
  });
  return state;
}
