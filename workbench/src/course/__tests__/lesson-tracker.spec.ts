import type { INotebookContent } from '@jupyterlab/nbformat';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookTracker } from '@jupyterlab/notebook';
import {
  initNotebookContext,
  NBTestUtils
} from '@jupyterlab/notebook/lib/testutils';
import { screen } from '@testing-library/dom';
import { ServiceManagerMock } from '@jupyterlab/services/lib/testutils';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { exampleCatalog } from '../../__tests__/example-course';
import { FakeServer } from '../../__tests__/fake-server';
import { METRIC_MIME_TYPE } from '../metric';
import { CourseClient } from '../course-client';
import { CourseModel } from '../course-model';
import { LessonBarExtension } from '../lesson-bar-extension';
import { LessonTracker } from '../lesson-tracker';

const LESSON = 'dynamic_graph/text_classifier';

const services = new ServiceManagerMock();

afterAll(() => {
  services.dispose();
});

/** A notebook on the screen, with a lesson in it or not. */
async function openNotebook(metadata: object): Promise<NotebookPanel> {
  const context = await initNotebookContext({ manager: services });
  context.model.fromJSON({
    cells: [
      { id: 'title', cell_type: 'markdown', metadata: {}, source: '# Title' },
      {
        id: 'answer',
        cell_type: 'code',
        execution_count: 1,
        metadata: { nbgrader: { grade_id: 'masked_mean', solution: true } },
        outputs: [
          {
            output_type: 'display_data',
            metadata: {},
            data: { [METRIC_MIME_TYPE]: { name: 'accuracy', data: 0.8 } }
          }
        ],
        source: ''
      }
    ],
    metadata,
    nbformat: 4,
    nbformat_minor: 5
  } as unknown as INotebookContent);
  const panel = NBTestUtils.createNotebookPanel(context);
  Widget.attach(panel, document.body);
  return panel;
}

describe('LessonTracker', () => {
  let notebooks: NotebookTracker;
  let lessons: LessonTracker;

  beforeEach(() => {
    notebooks = new NotebookTracker({ namespace: 'test' });
    lessons = new LessonTracker(notebooks);
  });

  afterEach(() => {
    lessons.dispose();
    notebooks.dispose();
  });

  async function show(metadata: object): Promise<NotebookPanel> {
    const panel = await openNotebook(metadata);
    await notebooks.add(panel);
    panel.node.tabIndex = -1;
    panel.node.focus();
    return panel;
  }

  it('knows no lesson before a notebook is open', () => {
    expect(lessons.lesson).toBeNull();
    expect(lessons.metrics).toEqual([]);
  });

  it('follows the notebook in front', async () => {
    const lesson = await show({
      paddle_workbench: { lesson: LESSON, language: 'en' }
    });
    expect(lessons.lesson).toBe(LESSON);
    expect(lessons.language).toBe('en');
    expect(lessons.metrics).toEqual([{ name: 'accuracy', value: 0.8 }]);

    const other = await show({});
    expect(lessons.lesson).toBeNull();
    expect(lessons.metrics).toEqual([]);
    lesson.dispose();
    other.dispose();
  });

  it('shows the cell of an exercise without changing the notebook', async () => {
    const panel = await show({ paddle_workbench: { lesson: LESSON } });
    const before = JSON.stringify(panel.model?.toJSON());
    await expect(lessons.reveal('masked_mean')).resolves.toBe(true);
    expect(panel.content.activeCellIndex).toBe(1);
    await expect(lessons.reveal('gone')).resolves.toBe(false);
    expect(JSON.stringify(panel.model?.toJSON())).toBe(before);
    panel.dispose();
  });
});

describe('LessonBarExtension', () => {
  const server = new FakeServer();
  const { connection } = server;
  let course: CourseModel;
  let extension: LessonBarExtension;

  beforeEach(async () => {
    server.answer('GET course', { body: exampleCatalog() });
    course = new CourseModel({
      client: new CourseClient(connection),
      jobs: server.connectedJobs(),
      language: 'en',
      trans: connection.trans
    });
    await course.refresh();
    extension = new LessonBarExtension({
      commands: new CommandRegistry(),
      course,
      trans: connection.trans
    });
  });

  afterEach(() => {
    course.dispose();
  });

  it('adds the bar to a lesson, and removes it with the notebook', async () => {
    const panel = await openNotebook({ paddle_workbench: { lesson: LESSON } });
    const before = JSON.stringify(panel.model?.toJSON());
    const extended = extension.createNew(panel, panel.context);
    expect(
      await screen.findByRole('button', { name: /Exercises 0\/1/ })
    ).toBeTruthy();
    expect(screen.getByRole('group', { name: 'Lesson' }).textContent).toContain(
      '1.1 A text classifier'
    );
    expect(JSON.stringify(panel.model?.toJSON())).toBe(before);
    extended.dispose();
    expect(screen.queryByRole('group', { name: 'Lesson' })).toBeNull();
    panel.dispose();
  });

  it('leaves other notebooks alone', async () => {
    const panel = await openNotebook({});
    const extended = extension.createNew(panel, panel.context);
    await panel.context.ready;
    MessageLoop.flush();
    expect(panel.contentHeader.widgets).toHaveLength(0);
    extended.dispose();
    panel.dispose();
  });
});
