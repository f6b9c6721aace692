import type { INotebookTracker } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import type { KernelReport } from '../../contract';
import { KernelModel } from '../kernel-model';

/** A kernel and its session, as far as the wire to the server shows them. */
class FakeSession {
  readonly kernelChanged = new Signal<this, unknown>(this);
  readonly statusChanged = new Signal<this, string>(this);
  readonly iopubMessage = new Signal<this, unknown>(this);
  readonly requests: { silent: boolean; store_history: boolean }[] = [];

  answer: unknown = { status: 'error', ename: 'ModuleNotFoundError' };

  get session(): object {
    return { kernel: this._kernel };
  }

  say(report: KernelReport): void {
    const text = `'${JSON.stringify(report)}'`;
    this.answer = { status: 'ok', data: { 'text/plain': text } };
  }

  /** What the kernel sends while it runs a cell that the learner started. */
  runCell(): void {
    this.statusChanged.emit('busy');
    this.iopubMessage.emit({ header: { msg_type: 'execute_input' } });
    this.statusChanged.emit('idle');
  }

  /** What the kernel sends while it answers a silent request. */
  runSilently(): void {
    this.statusChanged.emit('busy');
    this.iopubMessage.emit({ header: { msg_type: 'status' } });
    this.statusChanged.emit('idle');
  }

  private readonly _kernel = {
    info: Promise.resolve({ language_info: { name: 'python' } }),
    requestExecute: (content: FakeSession['requests'][number]) => {
      this.requests.push(content);
      const reply = { status: 'ok', user_expressions: { report: this.answer } };
      return { done: Promise.resolve({ content: reply }) };
    }
  };

  set language(name: string) {
    this._kernel.info = Promise.resolve({ language_info: { name } });
  }
}

const settled = (): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, 10));

const report = { paddle: '3.2.2', device: null, python: '3.11.7', warm: false };

describe('KernelModel', () => {
  let session: FakeSession;
  let model: KernelModel;

  async function follow(): Promise<void> {
    const widget = { sessionContext: session };
    const notebooks = {
      currentWidget: widget,
      currentChanged: new Signal<unknown, unknown>({})
    };
    model = new KernelModel(notebooks as unknown as INotebookTracker);
    await settled();
  }

  beforeEach(() => {
    session = new FakeSession();
  });

  afterEach(() => {
    model.dispose();
  });

  it('asks the kernel silently what it has', async () => {
    session.say(report);
    await follow();
    expect(model.report).toEqual(report);
    expect(session.requests).toMatchObject([
      { silent: true, store_history: false }
    ]);
  });

  it('has no report for a kernel without the workbench', async () => {
    await follow();
    expect(model.report).toBeNull();
  });

  it('does not ask kernels of other languages', async () => {
    session.language = 'R';
    await follow();
    expect(session.requests).toEqual([]);
    expect(model.report).toBeNull();
  });

  it('asks again after a cell ran', async () => {
    session.say(report);
    await follow();
    session.say({ ...report, device: 'cpu' });
    session.runCell();
    await settled();
    expect(model.report?.device).toBe('cpu');
  });

  it('does not ask again because of its own request', async () => {
    await follow();
    session.runSilently();
    await settled();
    expect(session.requests).toHaveLength(1);
  });

  it('asks again after a restart', async () => {
    session.say({ ...report, device: 'cpu' });
    await follow();
    session.say(report);
    session.statusChanged.emit('restarting');
    session.statusChanged.emit('idle');
    await settled();
    expect(model.report?.device).toBeNull();
  });

  it('asks a new kernel', async () => {
    await follow();
    session.say(report);
    session.kernelChanged.emit({});
    await settled();
    expect(model.report).toEqual(report);
  });
});
