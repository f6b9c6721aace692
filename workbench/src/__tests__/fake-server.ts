import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import type { Job, ServerEvent } from '../contract';
import { Jobs } from '../jobs/jobs';
import type { IConnection } from '../request';

type Answer = { status?: number; body: unknown } | Error;

/**
 * The far end of the wire: it answers routes with what a test laid down, and keeps what was sent.
 */
export class FakeServer {
  readonly requests: { method: string; route: string; body: unknown }[] = [];

  /** The streams of events that were opened, the last one last. */
  readonly sockets: FakeSocket[] = [];

  get connection(): IConnection {
    const { sockets } = this;
    class Socket extends FakeSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    }
    return {
      serverSettings: ServerConnection.makeSettings({
        appendToken: true,
        baseUrl: 'http://server/',
        fetch: this._fetch,
        token: 'secret',
        WebSocket: Socket as unknown as typeof WebSocket,
        wsUrl: 'ws://server/'
      }),
      trans: nullTranslator.load('paddle_workbench')
    };
  }

  /** The jobs, with an open stream of events. */
  connectedJobs(): Jobs {
    const jobs = new Jobs(this.connection);
    this.sockets.at(-1)?.onopen?.();
    return jobs;
  }

  /** Send an event to the last stream that was opened. */
  emit(event: Partial<ServerEvent>): void {
    this._events += 1;
    const whole: ServerEvent = {
      id: `e-${this._events}`,
      topic: 'job',
      job: null,
      run: null,
      removed_run: null
    };
    const data = JSON.stringify({ ...whole, ...event });
    this.sockets.at(-1)?.onmessage?.({ data });
  }

  /** Lay down what a route answers from now on. */
  answer(
    route: string,
    answer: Answer | (() => Answer | Promise<Answer>)
  ): void {
    this._answers.set(
      route,
      typeof answer === 'function' ? answer : () => answer
    );
  }

  private readonly _fetch = async (
    input: RequestInfo | URL,
    init?: RequestInit
  ): Promise<Response> => {
    const request = new Request(input, init);
    const route = `${request.method} ${new URL(request.url).pathname.replace('/paddle-workbench/', '')}`;
    const text = await request.text();
    this.requests.push({
      method: request.method,
      route,
      body: text === '' ? null : (JSON.parse(text) as unknown)
    });
    const answer = await this._answers.get(route)?.();
    if (!answer) {
      throw new Error(`The test laid down no answer for ${route}.`);
    }
    if (answer instanceof Error) {
      throw answer;
    }
    const body =
      typeof answer.body === 'string'
        ? answer.body
        : JSON.stringify(answer.body);
    return new Response(body, { status: answer.status ?? 200 });
  };

  private _events = 0;
  private readonly _answers = new Map<string, () => Answer | Promise<Answer>>();
}

/** The far end of a WebSocket, which a test opens and closes. */
class FakeSocket {
  constructor(readonly url: string) {}

  close(): void {
    this.isClosed = true;
  }

  isClosed = false;
  onopen?: () => void;
  onmessage?: (message: { data: string }) => void;
  onclose?: () => void;
}

/** A job that runs. */
export function exampleJob(changes: Partial<Job> = {}): Job {
  return {
    schema_version: 1,
    id: '20261123-091530-check-3f2a',
    kind: 'check',
    subject: 'lessons/a b.ipynb',
    state: 'running',
    created_at: '2026-11-23T09:15:30Z',
    started_at: '2026-11-23T09:15:31Z',
    finished_at: null,
    process_id: 7,
    progress: { done: 0, total: 0, step: null },
    error: null,
    ...changes
  };
}
