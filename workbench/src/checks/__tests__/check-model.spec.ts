import { Signal } from '@lumino/signaling';
import { exampleJob, FakeServer } from '../../__tests__/fake-server';
import type { ILessonTracker } from '../../course/tokens';
import type { Jobs } from '../../jobs/jobs';
import { CheckModel } from '../check-model';

/** Tells which notebook is in front. */
class Lessons {
  readonly changed = new Signal<this, void>(this);
  path: string | null = null;

  show(path: string | null): void {
    this.path = path;
    this.changed.emit();
  }
}

describe('CheckModel', () => {
  let server: FakeServer;
  let jobs: Jobs;
  let lessons: Lessons;
  let model: CheckModel;

  beforeEach(() => {
    server = new FakeServer();
    jobs = server.connectedJobs();
    lessons = new Lessons();
    model = new CheckModel({
      jobs,
      lessons: lessons as unknown as ILessonTracker,
      trans: server.connection.trans
    });
  });

  afterEach(() => {
    model.dispose();
    jobs.dispose();
  });

  it('shows the check of the notebook in front', () => {
    expect(model.current).toBeNull();
    lessons.show('a.ipynb');
    expect(model.current?.job).toBeNull();
    const changed = jest.fn();
    model.changed.connect(changed);
    server.emit({ job: exampleJob({ id: 'a', subject: 'a.ipynb' }) });
    expect(changed).toHaveBeenCalledTimes(1);
    expect(model.current?.isRunning).toBe(true);
    lessons.show('b.ipynb');
    expect(model.current?.isRunning).toBe(false);
    lessons.show('a.ipynb');
    expect(model.current?.job?.id).toBe('a');
  });

  it('checks a notebook', async () => {
    server.answer('POST checks', { body: exampleJob({ subject: 'a.ipynb' }) });
    lessons.show('a.ipynb');
    await model.start('a.ipynb');
    expect(server.requests).toEqual([
      { method: 'POST', route: 'POST checks', body: { path: 'a.ipynb' } }
    ]);
    expect(model.current?.isRunning).toBe(true);
  });
});
