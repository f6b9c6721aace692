import { FakeServer } from '../../__tests__/fake-server';
import type { RunStatus } from '../../contract';
import type { Jobs } from '../../jobs/jobs';
import { RunsClient } from '../runs-client';
import { RunsModel } from '../runs-model';
import { exampleRun, runningRun } from './example-run';

describe('RunsModel', () => {
  let server: FakeServer;
  let jobs: Jobs;
  let model: RunsModel;

  const ids = (): string[] => model.runs.map(({ run }) => run.id).sort();
  const list = (runs: RunStatus[]): { body: object } => ({
    body: { runs, problems: [], limit: 1 }
  });

  beforeEach(async () => {
    server = new FakeServer();
    jobs = server.connectedJobs();
    const { connection } = server;
    const client = new RunsClient(connection);
    model = new RunsModel({ client, jobs, trans: connection.trans });
    server.answer('GET runs', list([runningRun(), exampleRun()]));
    await model.load();
  });

  afterEach(() => {
    model.dispose();
    jobs.dispose();
  });

  it('follows the stream of events and reports the end of a run', () => {
    const ended: string[] = [];
    model.ended.connect((_, { run }) => {
      ended.push(run.id);
    });
    server.emit({ topic: 'run', run: exampleRun({ id: 'live' }) });
    server.emit({ topic: 'run', removed_run: 'r1' });
    expect(ids()).toEqual(['live']);
    expect(ended).toEqual(['live']);
  });

  it('keeps what was reported while the list was on its way', async () => {
    server.answer('GET runs', () => {
      server.emit({ topic: 'run', run: exampleRun({ id: 'new' }) });
      server.emit({ topic: 'run', removed_run: 'r1' });
      return list([exampleRun()]);
    });
    await model.refresh();
    expect(ids()).toEqual(['new']);
  });

  it('fetches the list again when the connection is back', async () => {
    jest.useFakeTimers();
    server.sockets.at(-1)?.onclose?.();
    expect(model.isConnected).toBe(false);
    jest.runOnlyPendingTimers();
    jest.useRealTimers();
    server.answer('GET runs', list([exampleRun({ id: 'other' })]));
    server.sockets.at(-1)?.onopen?.();
    await model.refresh();
    expect(ids()).toEqual(['other']);
  });

  it('cancels only runs that are active, and shows that at once', async () => {
    server.answer('POST runs/cancel', () => {
      expect([...model.cancelling]).toEqual(['live']);
      return list([exampleRun({ id: 'live', state: 'cancelled' })]);
    });
    await model.cancel(['live', 'r1']);
    expect(server.requests.at(-1)?.body).toEqual({ ids: ['live'] });
    expect(model.run('live')?.run.state).toBe('cancelled');
    expect(model.cancelling.size).toBe(0);
  });

  it('deletes ended runs and brings them back', async () => {
    server.answer('POST runs/delete', list([]));
    server.answer('POST runs/restore', list([exampleRun()]));
    await model.delete(['live', 'r1']);
    expect(ids()).toEqual(['live']);
    expect(model.deleted).toEqual(['r1']);
    await model.restore();
    expect(ids()).toEqual(['live', 'r1']);
    expect(model.deleted).toEqual([]);
  });

  it('says why the list cannot be read', async () => {
    const body = { message: 'No home.', hint: 'Make one.' };
    server.answer('GET runs', { status: 500, body });
    await model.refresh();
    expect(model.failure).toEqual(body);
  });
});
