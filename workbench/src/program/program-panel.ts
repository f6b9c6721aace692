import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { describeFailure } from '../failure';
import type { Language } from '../language';
import type { IConnection } from '../request';
import type { ProgramData } from './data/program-data';
import { button, element } from './microscope/dom';
import type { MicroscopeModel } from './microscope';
import { fetchProgram } from './program-client';

/**
 * A tab with one saved program under the microscope.
 */
export class ProgramPanel extends Widget {
  constructor(private readonly _options: ProgramPanel.IOptions) {
    super();
    this.addClass('pw-Widget');
    this.addClass('pw-ProgramPanel');
  }

  /** The program; null until it is loaded. */
  get data(): ProgramData | null {
    return this._model?.data ?? null;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._abort.abort();
      this._model?.dispose();
    }
    super.dispose();
  }

  /** Fetch the program, or fetch it again. Resolves when it is drawn or the failure is shown. */
  async load(): Promise<void> {
    const { connection, path, createWorker, language } = this._options;
    const { trans } = connection;
    this._abort.abort();
    this._model?.dispose();
    this._model = null;
    this._abort = new AbortController();
    const { signal } = this._abort;
    const waiting = element(
      'p',
      'pw-ProgramPanel-message',
      trans.__('Reading %1 …', path)
    );
    waiting.setAttribute('role', 'status');
    this.node.replaceChildren(waiting);
    try {
      const [bytes, { MicroscopeModel, MicroscopeView }] = await Promise.all([
        fetchProgram(connection, path),
        import('./microscope')
      ]);
      if (signal.aborted) {
        return;
      }
      const model = new MicroscopeModel(bytes, createWorker);
      this._model = model;
      const view = new MicroscopeView(model, trans, language, signal);
      this.node.replaceChildren(view.node);
    } catch (error) {
      if (!signal.aborted) {
        this._fail(error, trans, signal);
      }
    }
  }

  /** Mark the rows that the other program does not have. */
  mark(rows: ReadonlySet<number>): void {
    if (this._model) {
      this._model.marked = rows;
      void this._model.refresh();
    }
  }

  /** Resolves when the program is drawn, or the failure is shown, for the first time. */
  get ready(): Promise<void> {
    return (this._loaded ??= this.load());
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this.ready;
  }

  private _fail(
    error: unknown,
    trans: TranslationBundle,
    signal: AbortSignal
  ): void {
    const { message, hint } = describeFailure(error, trans);
    const box = element('div', 'pw-Failure');
    box.setAttribute('role', 'alert');
    const retry = button(
      trans.__('Retry'),
      trans.__('Retry'),
      () => {
        void this.load();
      },
      signal
    );
    box.append(
      element('p', 'pw-Failure-message', message),
      element('p', 'pw-Failure-hint', hint),
      retry
    );
    this.node.replaceChildren(box);
  }

  private _model: MicroscopeModel | null = null;
  private _abort = new AbortController();
  private _loaded: Promise<void> | null = null;
}

export namespace ProgramPanel {
  export interface IOptions {
    readonly connection: IConnection;
    readonly createWorker: () => Worker;
    readonly language: Language;
    /** The path for the contents API. */
    readonly path: string;
  }
}
