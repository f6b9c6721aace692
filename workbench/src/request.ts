import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ErrorMessage } from './contract';

/** Where the server has the routes of the workbench. */
export const NAMESPACE = 'paddle-workbench';

/**
 * A request that did not succeed: what happened, and what to do next.
 */
export class RequestError extends Error {
  constructor(
    message: string,
    readonly hint: string,
    readonly status: number
  ) {
    super(message);
    this.name = 'RequestError';
  }
}

/**
 * What every request of the workbench needs.
 */
export interface IConnection {
  readonly serverSettings: ServerConnection.ISettings;
  readonly trans: TranslationBundle;
}

/**
 * Call one of the workbench's routes and return its answer.
 *
 * Rejects with a RequestError, whatever went wrong.
 */
export async function request<T>(
  connection: IConnection,
  route: string,
  options: { method?: 'GET' | 'POST' | 'PATCH'; body?: object } = {}
): Promise<T> {
  const { serverSettings, trans } = connection;
  const url = URLExt.join(serverSettings.baseUrl, NAMESPACE, route);
  const init: RequestInit = { method: options.method ?? 'GET' };
  if (options.body) {
    init.body = JSON.stringify(options.body);
  }
  let response: Response;
  let text: string;
  try {
    response = await ServerConnection.makeRequest(url, init, serverSettings);
    text = await response.text();
  } catch {
    throw new RequestError(
      trans.__('The Jupyter server is not responding.'),
      trans.__('Check that it is still running, then try again.'),
      0
    );
  }
  const content = parse(text);
  if (!response.ok) {
    throw isErrorMessage(content)
      ? new RequestError(content.message, content.hint, response.status)
      : new RequestError(
          trans.__('The Jupyter server returned status %1.', response.status),
          trans.__('Check the server log.'),
          response.status
        );
  }
  if (content === undefined) {
    throw new RequestError(
      trans.__('Could not read the response from the Jupyter server.'),
      trans.__(
        'A proxy may be interfering. Check your proxy settings, or sign in again.'
      ),
      response.status
    );
  }
  return content as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isErrorMessage(content: unknown): content is ErrorMessage {
  return (
    typeof content === 'object' &&
    content !== null &&
    typeof (content as Partial<ErrorMessage>).message === 'string' &&
    typeof (content as Partial<ErrorMessage>).hint === 'string'
  );
}
