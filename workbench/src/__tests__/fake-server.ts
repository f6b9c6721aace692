import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import type { IConnection } from '../request';

type Answer = { status?: number; body: unknown } | Error;

/**
 * The far end of the wire: it answers routes with what a test laid down, and keeps what was sent.
 */
export class FakeServer {
  readonly requests: { method: string; route: string; body: unknown }[] = [];

  get connection(): IConnection {
    return {
      serverSettings: ServerConnection.makeSettings({
        baseUrl: 'http://server/',
        fetch: this._fetch
      }),
      trans: nullTranslator.load('paddle_workbench')
    };
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

  private readonly _answers = new Map<string, () => Answer | Promise<Answer>>();
}
