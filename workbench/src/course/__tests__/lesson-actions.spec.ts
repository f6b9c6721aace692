import { Dialog, Notification } from '@jupyterlab/apputils';
import type { IDocumentWidgetOpener } from '@jupyterlab/docmanager';
import { DocumentManager } from '@jupyterlab/docmanager';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import { DocumentRegistry } from '@jupyterlab/docregistry';
import {
  NotebookModelFactory,
  NotebookWidgetFactory
} from '@jupyterlab/notebook';
import { NBTestUtils } from '@jupyterlab/notebook/lib/testutils';
import { ServiceManagerMock } from '@jupyterlab/services/lib/testutils';
import { Signal } from '@lumino/signaling';
import { screen, waitFor } from '@testing-library/dom';
import { exampleCatalog, exampleLesson } from '../../__tests__/example-course';
import { FakeServer } from '../../__tests__/fake-server';
import { CourseClient } from '../course-client';
import { CourseModel } from '../course-model';
import { LessonActions } from '../lesson-actions';

const PATH = 'text_classifier.ipynb';
const KEPT = 'text_classifier.kept.ipynb';
const LESSON = exampleLesson({
  lesson: 'dynamic_graph/text_classifier',
  paths: { zh: PATH }
});

const content = {
  cells: [],
  metadata: {},
  nbformat: 4,
  nbformat_minor: 5
};

/** Press a button of the dialog, which jsdom does not take for open. */
async function press(label: string): Promise<void> {
  (await screen.findByText(label, { selector: 'button *' })).click();
}

/** The shell, as far as the document manager needs one. */
class Opener implements IDocumentWidgetOpener {
  readonly opened = new Signal<this, IDocumentWidget>(this);
  readonly widgets: IDocumentWidget[] = [];

  open(widget: IDocumentWidget): void {
    this.widgets.push(widget);
    this.opened.emit(widget);
  }
}

describe('LessonActions', () => {
  const services = new ServiceManagerMock();
  let server: FakeServer;
  let course: CourseModel;
  let documents: DocumentManager;
  let actions: LessonActions;
  let opener: Opener;
  let shown: string[];

  beforeAll(() => services.ready);

  afterAll(() => {
    services.dispose();
  });

  beforeEach(async () => {
    await services.contents.save(PATH, {
      type: 'notebook',
      format: 'json',
      content
    });
    server = new FakeServer();
    server.answer('GET course', { body: exampleCatalog() });
    const { connection } = server;
    course = new CourseModel({
      client: new CourseClient(connection),
      jobs: server.connectedJobs(),
      language: 'zh',
      trans: connection.trans
    });
    const registry = new DocumentRegistry();
    registry.addModelFactory(new NotebookModelFactory());
    registry.addWidgetFactory(
      new NotebookWidgetFactory({
        name: 'Notebook',
        modelName: 'notebook',
        fileTypes: ['notebook'],
        rendermime: NBTestUtils.defaultRenderMime(),
        contentFactory: NBTestUtils.createNotebookPanelFactory(),
        mimeTypeService: NBTestUtils.mimeTypeService
      })
    );
    opener = new Opener();
    documents = new DocumentManager({
      registry,
      manager: services,
      opener
    });
    shown = [];
    actions = new LessonActions({
      course,
      documents,
      show: path => shown.push(path),
      trans: connection.trans
    });
  });

  afterEach(() => {
    documents.dispose();
    course.dispose();
    Notification.dismiss();
    // The server of this test has no kernel of the course, so JupyterLab asks for one.
    Dialog.tracker.forEach(dialog => {
      dialog.reject();
    });
  });

  it('opens the working copy with the kernel of the course', async () => {
    server.answer('POST course/open', {
      body: { lesson: LESSON.lesson, path: PATH, created: false }
    });
    await actions.open(LESSON.lesson);
    expect(opener.widgets).toHaveLength(1);
    const context = documents.findWidget(PATH, 'Notebook')?.context;
    await context?.ready;
    expect(context?.sessionContext.kernelPreference.name).toBe('paddle');
  });

  it('reports why a lesson could not be opened, and retries', async () => {
    server.answer('POST course/open', {
      status: 404,
      body: { message: 'No such lesson.', hint: 'List them.' }
    });
    await actions.open(LESSON.lesson);
    const [notification] = Notification.manager.notifications;
    expect(notification?.message).toBe('No such lesson.\nList them.');
    expect(notification?.options.actions?.[0]?.label).toBe('Retry');
    expect(opener.widgets).toEqual([]);
  });

  it('does not reset if the learner cancels', async () => {
    const reset = actions.reset(LESSON);
    await press('Cancel');
    await reset;
    expect(server.requests).toEqual([]);
  });

  it('resets, and names the old copy', async () => {
    server.answer('POST course/reset', {
      body: { lesson: LESSON.lesson, path: PATH, kept: KEPT }
    });
    const reset = actions.reset(LESSON);
    await press('Reset');
    await reset;
    await waitFor(() => {
      expect(Notification.manager.count).toBe(1);
    });
    const [notification] = Notification.manager.notifications;
    expect(notification?.message).toContain(KEPT);
    notification?.options.actions?.[0]?.callback(new MouseEvent('click'));
    expect(shown).toEqual([KEPT]);
  });
});
