import type { INotebookContent } from '@jupyterlab/nbformat';
import { NotebookActions, NotebookModel } from '@jupyterlab/notebook';
import type { Notebook } from '@jupyterlab/notebook';
import type { Cell } from '@jupyterlab/cells';
import { exampleCatalog, exampleResult } from '../../__tests__/example-course';
import { FakeServer } from '../../__tests__/fake-server';
import { METRIC_MIME_TYPE } from '../metric';
import { CourseClient } from '../course-client';
import { CourseModel } from '../course-model';
import { EXERCISE_MIME_TYPE } from '../exercise-result';
import { ExerciseRecorder } from '../exercise-recorder';
import {
  findExercise,
  readExerciseResults,
  readLesson,
  readMetrics
} from '../lesson-notebook';

const LESSON = 'dynamic_graph/text_classifier';

function notebook(
  metadata: object = { lesson: LESSON, language: 'en' },
  outputs: Record<string, unknown>[] = []
): NotebookModel {
  const model = new NotebookModel();
  model.fromJSON({
    cells: [
      { id: 'title', cell_type: 'markdown', metadata: {}, source: '# Title' },
      {
        id: 'answer',
        cell_type: 'code',
        execution_count: 1,
        metadata: { nbgrader: { grade_id: 'masked_mean', solution: true } },
        outputs: outputs.map(data => ({
          output_type: 'display_data',
          metadata: {},
          data
        })),
        source: ''
      }
    ],
    metadata: { paddle_workbench: metadata },
    nbformat: 4,
    nbformat_minor: 5
  } as unknown as INotebookContent);
  return model;
}

describe('readLesson', () => {
  it('reads lesson and language', () => {
    expect(readLesson(notebook())).toEqual({ lesson: LESSON, language: 'en' });
  });

  it('leaves the language open where the notebook does', () => {
    expect(readLesson(notebook({ lesson: LESSON }))).toEqual({
      lesson: LESSON,
      language: null
    });
  });

  it('is null for notebooks that are not lessons', () => {
    expect(readLesson(new NotebookModel())).toBeNull();
    expect(readLesson(notebook({ title: 'a' }))).toBeNull();
    expect(readLesson(null)).toBeNull();
  });
});

describe('findExercise', () => {
  it('finds the cell by its grade_id', () => {
    expect(findExercise(notebook(), 'masked_mean')).toBe(1);
  });

  it('finds nothing if the cell was deleted', () => {
    expect(findExercise(notebook(), 'gone')).toBe(-1);
  });
});

describe('readMetrics', () => {
  it('keeps the last value of each name', () => {
    const model = notebook(undefined, [
      { [METRIC_MIME_TYPE]: { name: 'accuracy', data: 0.5 } },
      { [METRIC_MIME_TYPE]: { name: 'loss', data: 0.3 } },
      { [METRIC_MIME_TYPE]: { name: 'accuracy', data: 0.8 } },
      { 'text/plain': 'accuracy' }
    ]);
    expect(readMetrics(model)).toEqual([
      { name: 'accuracy', value: 0.8 },
      { name: 'loss', value: 0.3 }
    ]);
  });
});

describe('ExerciseRecorder', () => {
  let server: FakeServer;
  let course: CourseModel;
  let recorder: ExerciseRecorder;
  let failures: { error: unknown; retry: () => void }[];

  beforeEach(() => {
    server = new FakeServer();
    server.answer('PATCH course/progress', { body: exampleCatalog() });
    const { connection } = server;
    course = new CourseModel({
      client: new CourseClient(connection),
      jobs: server.connectedJobs(),
      language: 'zh',
      trans: connection.trans
    });
    failures = [];
    recorder = new ExerciseRecorder({
      course,
      onFailure: (error, retry) => failures.push({ error, retry })
    });
  });

  afterEach(() => {
    recorder.dispose();
    course.dispose();
  });

  const result = exampleResult({ passed: true });
  const outputs = [{ [EXERCISE_MIME_TYPE]: result }];

  const executed = NotebookActions.executed as unknown as {
    emit: (args: unknown) => void;
  };

  /** What NotebookActions does when a cell has run. */
  function execute(model: NotebookModel): void {
    const cell = { model: model.cells.get(1) } as unknown as Cell;
    executed.emit({
      notebook: { model } as unknown as Notebook,
      cell,
      success: true
    });
  }

  const settled = (): Promise<void> =>
    new Promise(resolve => setTimeout(resolve, 20));

  it('records a result when its cell ran', async () => {
    execute(notebook(undefined, outputs));
    await settled();
    expect(server.requests.map(({ body }) => body)).toEqual([
      {
        lesson: LESSON,
        state: null,
        exercise: {
          exercise: 'masked_mean',
          passed: true,
          message: result.message
        }
      }
    ]);
  });

  it('records nothing when a notebook is only loaded', async () => {
    const model = notebook(undefined, outputs);
    expect(readExerciseResults(model.cells.get(1))).toEqual([result]);
    await settled();
    expect(server.requests).toEqual([]);
  });

  it('records nothing in other notebooks and non-lessons', async () => {
    execute(notebook({}, outputs));
    execute(notebook({ lesson: 'start/environment' }, outputs));
    await settled();
    expect(server.requests).toEqual([]);
  });

  it('reports an attempt that could not be recorded, and can retry', async () => {
    server.answer('PATCH course/progress', new TypeError('Failed to fetch'));
    execute(notebook(undefined, outputs));
    await settled();
    expect(failures).toHaveLength(1);

    server.answer('PATCH course/progress', { body: exampleCatalog() });
    failures[0]?.retry();
    await settled();
    expect(server.requests).toHaveLength(2);
    expect(failures).toHaveLength(1);
  });

  it('does not change the notebook', async () => {
    const model = notebook(undefined, outputs);
    const before = JSON.stringify(model.toJSON());
    execute(model);
    await settled();
    expect(JSON.stringify(model.toJSON())).toBe(before);
  });
});
