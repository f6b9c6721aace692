import { exampleJob, FakeServer } from '../../__tests__/fake-server';
import { until } from '../../__tests__/until';
import type { Job } from '../../contract';
import type { Jobs } from '../../jobs/jobs';
import { BundleModel } from '../bundle-model';
import type { TargetModel } from '../target-model';
import { examplePicture, exampleReport } from './example-bundle';

const CREATED_AT = examplePicture().record.created_at;

function jobOf(kind: Job['kind'], changes: Partial<Job> = {}): Job {
  const subject = 'bundles/sentiment#onnx';
  return exampleJob({ id: `job-${kind}`, kind, subject, ...changes });
}

describe('BundleModel', () => {
  let server: FakeServer;
  let jobs: Jobs;
  let model: BundleModel;

  beforeEach(() => {
    server = new FakeServer();
    server.answer('POST export/bundle', { body: examplePicture() });
    jobs = server.connectedJobs();
    const { connection } = server;
    model = new BundleModel({ connection, jobs, path: 'bundles/sentiment' });
  });

  afterEach(() => {
    model.dispose();
    jobs.dispose();
  });

  async function loadedTarget(): Promise<TargetModel> {
    await model.load();
    const target = model.targets.get('onnx');
    if (!target) {
      throw new Error('The bundle has no target called onnx.');
    }
    return target;
  }

  it('follows a check, and keeps its report', async () => {
    const target = await loadedTarget();
    server.answer('POST export/preflight', { body: jobOf('preflight') });
    server.answer('GET jobs/result', { body: exampleReport() });
    await target.check();
    expect(target.action).toBe('preflight');
    server.emit({ job: jobOf('preflight', { state: 'succeeded' }) });
    await until(target, () => target.action === null);
    expect(target.reportOn(CREATED_AT)?.is_accepted).toBe(true);
    expect(server.requests[1]?.body).toEqual({
      path: 'bundles/sentiment',
      target: 'onnx'
    });
  });

  it('ignores a report on another bundle at the same path', async () => {
    server.answer('GET jobs/result', {
      body: exampleReport({ bundle_created_at: '2026-11-01T10:00:00Z' })
    });
    server.emit({ job: jobOf('preflight', { state: 'succeeded' }) });
    const target = await loadedTarget();
    await until(target, () => target.action === null);
    expect(target.reportOn(CREATED_AT)).toBeNull();
  });

  it('finds an export that was started elsewhere, and reads the bundle again', async () => {
    server.emit({ job: jobOf('export') });
    const target = await loadedTarget();
    expect(target.action).toBe('export');
    server.answer('GET jobs/result', { body: exampleReport() });
    const [inference, onnx] = examplePicture().targets;
    const exported = inference?.exported ?? null;
    const targets = [inference, { ...onnx, exported }];
    server.answer('POST export/bundle', {
      body: { ...examplePicture(), targets }
    });
    server.emit({ job: jobOf('export', { state: 'succeeded' }) });
    await until(model, () => model.picture?.targets[1]?.exported !== null);
    await until(model, () => target.action === null);
  });

  it('cancels what runs', async () => {
    server.emit({ job: jobOf('export') });
    const target = await loadedTarget();
    server.answer('POST jobs/cancel', { body: jobOf('export') });
    await target.cancel();
    expect(server.requests.at(-1)?.body).toEqual({ id: 'job-export' });
    server.emit({ job: jobOf('export', { state: 'cancelled' }) });
    await until(target, () => target.action === null);
    expect(target.job?.state).toBe('cancelled');
    expect(target.failure).toBeNull();
  });

  it('says why a check could not be started', async () => {
    const target = await loadedTarget();
    server.answer('POST export/preflight', {
      status: 422,
      body: { message: 'It is gone.', hint: 'Make it again.' }
    });
    await target.check();
    expect(target.failure).toEqual({
      message: 'It is gone.',
      hint: 'Make it again.'
    });
  });

  it('says why the bundle cannot be read, until it can', async () => {
    server.answer('POST export/bundle', {
      status: 422,
      body: { message: 'It is not a bundle.', hint: '' }
    });
    await model.load();
    expect(model.failure?.message).toBe('It is not a bundle.');
    server.answer('POST export/bundle', { body: examplePicture() });
    await model.load();
    expect(model.failure).toBeNull();
    expect(model.picture?.record.name).toBe('sentiment');
  });
});
