import type { ISceneAnswer, ISceneRequest } from './graph-engine';
import type { IGraphQuestion, IGraphReply } from './graph.worker';

interface IWaiting {
  resolve(answer: ISceneAnswer): void;
  reject(error: Error): void;
}

/**
 * Requests scenes of one program from a worker.
 */
export class GraphClient {
  constructor(bytes: DataView, createWorker: () => Worker) {
    // A copy, since the page keeps reading its own.
    this._bytes = bytes.buffer.slice(
      bytes.byteOffset,
      bytes.byteOffset + bytes.byteLength
    ) as ArrayBuffer;
    this._worker = createWorker();
    this._worker.onmessage = ({ data }: MessageEvent<IGraphReply>) => {
      const waiting = this._waiting.get(data.id);
      this._waiting.delete(data.id);
      if (data.answer) {
        waiting?.resolve(data.answer);
      } else {
        waiting?.reject(new Error(data.failure ?? ''));
      }
    };
    this._worker.onerror = event => {
      for (const { reject } of this._waiting.values()) {
        reject(new Error(event.message));
      }
      this._waiting.clear();
    };
  }

  ask(request: ISceneRequest, all = false): Promise<ISceneAnswer> {
    const id = this._next++;
    const question: IGraphQuestion = { id, request, all };
    const answer = new Promise<ISceneAnswer>((resolve, reject) => {
      this._waiting.set(id, { resolve, reject });
    });
    if (this._bytes) {
      const bytes = this._bytes;
      this._bytes = null;
      this._worker.postMessage({ ...question, bytes }, [bytes]);
    } else {
      this._worker.postMessage(question);
    }
    return answer;
  }

  dispose(): void {
    this._worker.terminate();
    this._waiting.clear();
  }

  private readonly _worker: Worker;
  private readonly _waiting = new Map<number, IWaiting>();
  private _bytes: ArrayBuffer | null;
  private _next = 0;
}
