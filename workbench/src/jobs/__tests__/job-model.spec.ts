import { exampleJob, FakeServer } from '../../__tests__/fake-server';
import { until } from '../../__tests__/until';
import { JobModel } from '../job-model';
import type { Jobs } from '../jobs';

const SUBJECT = exampleJob().subject;

interface IAnswer {
  readonly answer: number;
}

describe('JobModel', () => {
  let server: FakeServer;
  let jobs: Jobs;
  let model: JobModel<IAnswer>;

  function follow(): JobModel<IAnswer> {
    const { trans } = server.connection;
    return new JobModel({ jobs, kind: 'check', subject: SUBJECT, trans });
  }

  beforeEach(() => {
    server = new FakeServer();
    server.answer('POST checks', { body: exampleJob() });
    server.answer('GET jobs/result', { body: { answer: 42 } });
    jobs = server.connectedJobs();
    model = follow();
  });

  afterEach(() => {
    model.dispose();
    jobs.dispose();
  });

  it('starts one job and follows it to its result', async () => {
    const start = (): Promise<void> => model.start('checks', { path: SUBJECT });
    await Promise.all([start(), start()]);
    const posts = server.requests.filter(({ method }) => method === 'POST');
    expect(posts).toEqual([
      { method: 'POST', route: 'POST checks', body: { path: SUBJECT } }
    ]);
    expect(model.isRunning).toBe(true);
    const progress = { done: 1, total: 2, step: null };
    server.emit({ job: exampleJob({ progress }) });
    expect(model.job?.progress).toEqual(progress);
    server.emit({ job: exampleJob({ state: 'succeeded' }) });
    // The result is on its way.
    expect(model.isRunning).toBe(true);
    await until(model, () => !model.isRunning);
    expect(model.jobResult).toEqual({ answer: 42 });
  });

  it('takes the state of the stream if that was faster than the answer', async () => {
    server.answer('POST checks', () => {
      server.emit({ job: exampleJob({ state: 'succeeded' }) });
      return { body: exampleJob({ state: 'queued' }) };
    });
    await model.start('checks');
    await until(model, () => !model.isRunning);
    expect(model.job?.state).toBe('succeeded');
  });

  it('shows a job that another window started, and the last one at once', () => {
    server.emit({ job: exampleJob({ subject: 'other.ipynb' }) });
    expect(model.job).toBeNull();
    server.emit({ job: exampleJob() });
    expect(model.job?.state).toBe('running');
    const newer = exampleJob({ id: 'b', created_at: '2026-11-23T10:00:00Z' });
    server.emit({ job: newer });
    server.emit({ job: exampleJob({ state: 'failed' }) });
    expect(model.job?.id).toBe('b');
    const second = follow();
    expect(second.job?.id).toBe('b');
    second.dispose();
  });

  it('keeps the last result while the next job runs', async () => {
    server.emit({ job: exampleJob({ state: 'succeeded' }) });
    await until(model, () => !model.isRunning);
    server.emit({
      job: exampleJob({ id: 'b', created_at: '2026-11-23T10:00:00Z' })
    });
    expect(model.isRunning).toBe(true);
    expect(model.result).toEqual({ answer: 42 });
    expect(model.jobResult).toBeNull();
  });

  it('reports why a job could not be started or failed', async () => {
    server.answer('POST checks', {
      status: 422,
      body: { message: 'Not a lesson.', hint: 'Open one.' }
    });
    await model.start('checks');
    expect(model.isRunning).toBe(false);
    expect(model.failure?.message).toBe('Not a lesson.');
    const error = { message: 'The kernel died.', hint: '' };
    server.emit({ job: exampleJob({ state: 'failed', error }) });
    expect(model.failure).toEqual(error);
  });

  it('cancels the job that runs', async () => {
    server.answer('POST jobs/cancel', { body: exampleJob() });
    await model.cancel();
    server.emit({ job: exampleJob() });
    await model.cancel();
    expect(server.requests).toEqual([
      {
        method: 'POST',
        route: 'POST jobs/cancel',
        body: { id: exampleJob().id }
      }
    ]);
    server.emit({ job: exampleJob({ state: 'cancelled' }) });
    expect(model.isRunning).toBe(false);
    expect(model.failure).toBeNull();
  });

  it('tells when the connection is lost', () => {
    const changed = jest.fn();
    model.changed.connect(changed);
    server.sockets[0]?.onclose?.();
    expect(model.isConnected).toBe(false);
    expect(changed).toHaveBeenCalledTimes(1);
  });
});

describe('Jobs', () => {
  it('has the catalog fetched again after a change and a new connection', () => {
    jest.useFakeTimers();
    const server = new FakeServer();
    const jobs = server.connectedJobs();
    const changed = jest.fn();
    jobs.courseChanged.connect(changed);
    server.emit({ topic: 'course' });
    expect(changed).toHaveBeenCalledTimes(1);
    server.sockets[0]?.onclose?.();
    jest.runOnlyPendingTimers();
    server.sockets[1]?.onopen?.();
    expect(changed).toHaveBeenCalledTimes(2);
    jobs.dispose();
    jest.useRealTimers();
  });
});
