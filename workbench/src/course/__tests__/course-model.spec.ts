import { exampleCatalog, exampleResult } from '../../__tests__/example-course';
import { FakeServer } from '../../__tests__/fake-server';
import { until } from '../../__tests__/until';
import { CourseClient } from '../course-client';
import { CourseModel } from '../course-model';

/** Hold the answer back until the function is called. */
function holdCatalog(server: FakeServer): () => void {
  let release = (): void => undefined;
  const held = new Promise<void>(resolve => {
    release = resolve;
  });
  server.answer('GET course', async () => {
    await held;
    return { body: exampleCatalog() };
  });
  return release;
}

describe('CourseModel', () => {
  let server: FakeServer;
  let model: CourseModel;

  beforeEach(() => {
    server = new FakeServer();
    server.answer('GET course', { body: exampleCatalog() });
    const { connection } = server;
    model = new CourseModel({
      client: new CourseClient(connection),
      jobs: server.connectedJobs(),
      language: 'zh',
      trans: connection.trans
    });
  });

  afterEach(() => {
    model.dispose();
  });

  it('makes no request until asked', () => {
    expect(server.requests).toEqual([]);
    expect(model.catalog).toBeNull();
  });

  it('has the server remove a notice that is dismissed', async () => {
    const notice = { message: 'progress.json is broken.', hint: 'Kept.' };
    server.answer('GET course', {
      body: { ...exampleCatalog(), notices: [notice] }
    });
    await model.refresh();
    expect(model.notices).toEqual([notice]);
    server.answer('POST course/dismiss', { body: exampleCatalog() });
    model.dismiss(notice);
    expect(model.notices).toEqual([]);
    await until(model, () => model.catalog?.notices.length === 0);
  });

  it('fetches the catalog when it changed elsewhere', async () => {
    server.emit({ topic: 'course' });
    await until(model, () => model.catalog !== null);
    expect(server.requests).toHaveLength(1);
  });

  it('asks once more for any number of refreshes during a request', async () => {
    const release = holdCatalog(server);
    const first = model.refresh();
    await Promise.resolve();
    const others = [model.refresh(), model.refresh(), model.refresh()];
    release();
    await Promise.all([first, ...others]);
    expect(server.requests).toHaveLength(2);
  });

  it('shows the catalog after a refresh', async () => {
    await model.refresh();
    expect(model.catalog).toEqual(exampleCatalog());
    expect(model.lesson('start/environment')?.number).toBe('0.1');
    expect(model.failure).toBeNull();
  });

  it('reports why the catalog could not be loaded, and recovers', async () => {
    server.answer('GET course', {
      status: 500,
      body: { message: 'course.json is broken.', hint: 'Restore it.' }
    });
    await model.refresh();
    expect(model.failure).toEqual({
      message: 'course.json is broken.',
      hint: 'Restore it.'
    });

    server.answer('GET course', { body: exampleCatalog() });
    await model.refresh();
    expect(model.failure).toBeNull();
    expect(model.catalog).not.toBeNull();
  });

  it('keeps the catalog when a later refresh fails', async () => {
    await model.refresh();
    server.answer('GET course', new TypeError('Failed to fetch'));
    await model.refresh();
    expect(model.catalog).toEqual(exampleCatalog());
    expect(model.failure?.message).toBe(
      'The Jupyter server is not responding.'
    );
  });

  it('keeps the same catalog object when nothing changed', async () => {
    await model.refresh();
    const before = model.catalog;
    await model.refresh();
    expect(model.catalog).toBe(before);
  });

  it('opens a lesson in a language and reloads the catalog', async () => {
    const path = 'lessons/start/environment.en.ipynb';
    server.answer('POST course/open', {
      body: { lesson: 'start/environment', path, created: true }
    });
    const seen: (string | null)[] = [];
    model.changed.connect(() => {
      seen.push(model.opening);
    });
    await expect(model.open('start/environment', 'en')).resolves.toMatchObject({
      path
    });
    expect(server.requests.map(({ route }) => route)).toEqual([
      'POST course/open',
      'GET course'
    ]);
    expect(server.requests[0]?.body).toEqual({
      lesson: 'start/environment',
      language: 'en'
    });
    expect(seen).toContain('start/environment');
    expect(model.opening).toBeNull();
  });

  it('is not opening any more when opening failed', async () => {
    server.answer('POST course/open', {
      status: 404,
      body: { message: 'No such lesson.', hint: '' }
    });
    await expect(model.open('gone/lesson', 'zh')).rejects.toThrow(
      'No such lesson.'
    );
    expect(model.opening).toBeNull();
  });

  it('resets the mark to started if there is a working copy', async () => {
    await model.refresh();
    server.answer('PATCH course/progress', { body: exampleCatalog() });
    await model.setDone('dynamic_graph/text_classifier', false);
    await model.setDone('dynamic_graph/training_loop', false);
    await model.setDone('dynamic_graph/training_loop', true);
    const updates = server.requests.filter(({ method }) => method === 'PATCH');
    expect(updates.map(({ body }) => body)).toMatchObject([
      { state: 'started' },
      { state: 'new' },
      { state: 'done' }
    ]);
  });

  it('records an attempt and shows the returned catalog', async () => {
    await model.refresh();
    const after = exampleCatalog({ next_lesson: null });
    server.answer('PATCH course/progress', { body: after });
    const result = exampleResult();
    await model.record(result);
    expect(server.requests[server.requests.length - 1]?.body).toEqual({
      lesson: result.lesson,
      state: null,
      exercise: {
        exercise: 'masked_mean',
        passed: false,
        message: result.message
      }
    });
    expect(model.catalog).toEqual(after);
  });

  it('sends attempts one after another', async () => {
    let running = 0;
    let most = 0;
    server.answer('PATCH course/progress', async () => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return { body: exampleCatalog() };
    });
    await Promise.all([
      model.record(exampleResult()),
      model.record(exampleResult({ passed: true }))
    ]);
    expect(most).toBe(1);
  });

  it('does not let an older answer replace a newer one', async () => {
    const release = holdCatalog(server);
    const refreshed = model.refresh();
    const after = exampleCatalog({ next_lesson: null });
    server.answer('PATCH course/progress', { body: after });
    while (server.requests.length === 0) {
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    await model.setDone('start/environment', true);
    release();
    await refreshed;
    expect(model.catalog).toEqual(after);
  });

  it('asks again when it is refreshed while an older answer is under way', async () => {
    const release = holdCatalog(server);
    const first = model.refresh();
    while (server.requests.length === 0) {
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    const after = exampleCatalog({ next_lesson: null });
    server.answer('GET course', { body: after });
    const second = model.refresh();
    release();
    await Promise.all([first, second]);
    expect(model.catalog).toEqual(after);
  });

  it('hides a notice that was dismissed, also after a refresh', async () => {
    const notice = {
      message: 'progress.json was broken.',
      hint: 'It is kept.'
    };
    server.answer('GET course', {
      body: exampleCatalog({ notices: [notice] })
    });
    await model.refresh();
    expect(model.notices).toEqual([notice]);
    model.dismiss(notice);
    await model.refresh();
    expect(model.notices).toEqual([]);
  });
});
