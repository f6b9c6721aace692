import type { ISceneAnswer, ISceneRequest } from './graph-engine';
import { GraphEngine } from './graph-engine';
import { buffersOf } from './scene';

/** A request from the page to the worker. */
export interface IGraphQuestion {
  readonly id: number;
  /** The program; only in the first message. */
  readonly bytes?: ArrayBuffer;
  readonly request: ISceneRequest;
  readonly all: boolean;
}

export interface IGraphReply {
  readonly id: number;
  readonly answer?: ISceneAnswer;
  readonly failure?: string;
}

interface IWorkerScope {
  onmessage: (event: MessageEvent<IGraphQuestion>) => void;
  postMessage(reply: IGraphReply, transfer?: ArrayBuffer[]): void;
}

const scope = self as unknown as IWorkerScope;
let engine: GraphEngine | null = null;

scope.onmessage = ({ data: { id, bytes, request, all } }) => {
  try {
    engine = bytes ? new GraphEngine(new DataView(bytes)) : engine;
    if (!engine) {
      throw new Error('The first question brings the program.');
    }
    const open = all
      ? engine.allGroups(request.stage, request.constants)
      : request.open;
    const answer = engine.answer({ ...request, open });
    scope.postMessage({ id, answer }, buffersOf(answer.scene));
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    scope.postMessage({ id, failure });
  }
};
