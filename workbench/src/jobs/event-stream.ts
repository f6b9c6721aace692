import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { ServerEvent } from '../contract';
import { NAMESPACE } from '../request';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

/**
 * The server's events over a WebSocket, which is opened again when it closes.
 *
 * It resumes after the last event, so that none is missed.
 */
export class EventStream implements IDisposable {
  constructor(settings: ServerConnection.ISettings) {
    this._settings = settings;
    window.addEventListener('online', this._onOnline);
    this._connect();
  }

  /** Emitted for each event. */
  get received(): ISignal<this, ServerEvent> {
    return this._received;
  }

  /** Emitted when the connection is lost or there again. */
  get connectionChanged(): ISignal<this, void> {
    return this._connectionChanged;
  }

  get isConnected(): boolean {
    return this._isConnected;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.removeEventListener('online', this._onOnline);
    window.clearTimeout(this._timer);
    this._socket?.close();
    Signal.clearData(this);
  }

  private _connect(): void {
    const { WebSocket, appendToken, token, wsUrl } = this._settings;
    const query = {
      ...(this._lastId && { after: this._lastId }),
      ...(appendToken && { token })
    };
    const url =
      URLExt.join(wsUrl, NAMESPACE, 'events') +
      URLExt.objectToQueryString(query);
    const socket = new WebSocket(url);
    this._socket = socket;
    socket.onopen = () => {
      this._delay = FIRST_DELAY_MS;
      this._setConnected(true);
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as ServerEvent;
      this._lastId = event.id;
      this._received.emit(event);
    };
    socket.onclose = () => {
      if (this._isDisposed || this._socket !== socket) {
        return;
      }
      this._socket = null;
      this._setConnected(false);
      this._timer = window.setTimeout(() => {
        this._connect();
      }, this._delay);
      this._delay = Math.min(2 * this._delay, LONGEST_DELAY_MS);
    };
  }

  private _setConnected(isConnected: boolean): void {
    if (this._isConnected !== isConnected) {
      this._isConnected = isConnected;
      this._connectionChanged.emit();
    }
  }

  /** Do not wait for the end of a long delay when the network is there again. */
  private readonly _onOnline = (): void => {
    if (this._socket === null && !this._isDisposed) {
      window.clearTimeout(this._timer);
      this._connect();
    }
  };

  private readonly _settings: ServerConnection.ISettings;
  private readonly _received = new Signal<this, ServerEvent>(this);
  private readonly _connectionChanged = new Signal<this, void>(this);
  private _socket: WebSocket | null = null;
  private _timer: number | undefined;
  private _delay = FIRST_DELAY_MS;
  private _lastId = '';
  private _isConnected = false;
  private _isDisposed = false;
}
