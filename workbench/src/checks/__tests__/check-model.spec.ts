import { FakeServer } from '../../__tests__/fake-server';
import type { LessonCheck } from '../../contract';
import { CheckModel } from '../check-model';

function check(changes: Partial<LessonCheck> = {}): LessonCheck {
  return {
    path: 'lessons/a b.ipynb',
    lesson: 'basics/sums',
    state: 'running',
    cells_done: 0,
    cells_total: 0,
    cells: [],
    error: null,
    ...changes
  };
}

function until(model: CheckModel, isReached: () => boolean): Promise<void> {
  return new Promise(resolve => {
    const look = (): void => {
      if (isReached()) {
        model.changed.disconnect(look);
        resolve();
      }
    };
    model.changed.connect(look);
    look();
  });
}

describe('CheckModel', () => {
  let server: FakeServer;
  let model: CheckModel;

  beforeEach(() => {
    server = new FakeServer();
    model = new CheckModel(server.connection);
  });

  afterEach(() => {
    model.dispose();
  });

  it('starts one check and follows it to its end', async () => {
    server.answer('POST checks', { body: check() });
    const answers = [
      check({ cells_done: 1, cells_total: 2 }),
      check({ state: 'done', cells_done: 2, cells_total: 2 })
    ];
    server.answer('GET checks', () => ({ body: answers.shift() }));
    const seen: number[] = [];
    model.changed.connect(() => {
      seen.push(model.check?.cells_done ?? -1);
    });
    await Promise.all([
      model.start('lessons/a b.ipynb'),
      model.start('lessons/a b.ipynb')
    ]);
    expect(model.isRunning).toBe(true);
    await until(model, () => !model.isRunning);
    expect(model.check?.state).toBe('done');
    expect(seen).toContain(1);
    const posted = server.requests.filter(({ method }) => method === 'POST');
    expect(posted).toEqual([
      {
        method: 'POST',
        route: 'POST checks',
        body: { path: 'lessons/a b.ipynb' }
      }
    ]);
  });

  it('reports why a request failed, and can retry', async () => {
    server.answer('POST checks', {
      status: 422,
      body: { message: 'No lesson.', hint: 'Open one.' }
    });
    await model.start('a.ipynb');
    expect(model.failure?.message).toBe('No lesson.');
    expect(model.isRunning).toBe(false);
    server.answer('POST checks', { body: check({ state: 'done' }) });
    await model.start('a.ipynb');
    expect(model.failure).toBeNull();
    expect(model.check?.state).toBe('done');
  });

  it('cancels the check that runs', async () => {
    server.answer('POST checks', { body: check() });
    server.answer('POST checks/cancel', {
      body: check({ state: 'cancelled' })
    });
    await model.start('a.ipynb');
    await model.cancel();
    expect(model.isRunning).toBe(false);
    expect(model.check?.state).toBe('cancelled');
  });

  it('keeps following the check if the reply to cancel is late', async () => {
    server.answer('POST checks', { body: check() });
    server.answer('GET checks', { body: check({ state: 'cancelled' }) });
    server.answer('POST checks/cancel', async () => {
      await until(model, () => model.check?.state === 'cancelled');
      return { body: check() };
    });
    await model.start('a.ipynb');
    await model.cancel();
    await until(model, () => !model.isRunning);
    expect(model.check?.state).toBe('cancelled');
  });
});
