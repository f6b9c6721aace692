import { URLExt } from '@jupyterlab/coreutils';
import type {
  ResumeForm,
  ResumeRequest,
  RunComparison,
  RunForm,
  RunFormRequest,
  RunGroupTable,
  RunList,
  RunRequest,
  StartedRuns
} from '../contract';
import type { IConnection } from '../request';
import { NAMESPACE, request } from '../request';

/**
 * The routes of the runs.
 */
export class RunsClient {
  constructor(private readonly _connection: IConnection) {}

  list(): Promise<RunList> {
    return request<RunList>(this._connection, 'runs');
  }

  form(notebook: RunFormRequest): Promise<RunForm> {
    return this._post('runs/form', notebook);
  }

  start(run: RunRequest): Promise<StartedRuns> {
    return this._post('runs', run);
  }

  cancel(ids: readonly string[]): Promise<RunList> {
    return this._post('runs/cancel', { ids });
  }

  delete(ids: readonly string[]): Promise<RunList> {
    return this._post('runs/delete', { ids });
  }

  restore(ids: readonly string[]): Promise<RunList> {
    return this._post('runs/restore', { ids });
  }

  rerun(ids: readonly string[], anyway: boolean): Promise<StartedRuns> {
    return this._post('runs/rerun', { ids, anyway });
  }

  resumeForm(run: ResumeRequest): Promise<ResumeForm> {
    return this._post('runs/resume-form', run);
  }

  resume(run: ResumeRequest): Promise<StartedRuns> {
    return this._post('runs/resume', run);
  }

  compare(ids: readonly string[]): Promise<RunComparison> {
    return this._post('runs/compare', { ids });
  }

  group(id: string): Promise<RunGroupTable> {
    return request<RunGroupTable>(
      this._connection,
      `runs/group${URLExt.objectToQueryString({ id })}`
    );
  }

  /** Get the path of a run's notebook with its outputs. */
  async open(id: string): Promise<string> {
    const { path } = await this._post<{ path: string }>('runs/open', {
      ids: [id]
    });
    return path;
  }

  /** The address of the report of a run. */
  reportUrl(id: string): string {
    const { appendToken, baseUrl, token } = this._connection.serverSettings;
    const query = { id, ...(appendToken && token !== '' && { token }) };
    return (
      URLExt.join(baseUrl, NAMESPACE, 'runs/report') +
      URLExt.objectToQueryString(query)
    );
  }

  private _post<T>(route: string, body: object): Promise<T> {
    return request<T>(this._connection, route, { method: 'POST', body });
  }
}
