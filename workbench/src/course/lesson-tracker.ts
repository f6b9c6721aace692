import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Language } from '../language';
import type { ILessonNotebook } from './lesson-notebook';
import { findExercise, readLesson, readMetrics } from './lesson-notebook';
import type { IMetric } from './metric';
import type { ILessonTracker } from './tokens';

/**
 * Follows the notebook in front, and what it records.
 */
export class LessonTracker implements ILessonTracker {
  constructor(notebooks: INotebookTracker) {
    this._notebooks = notebooks;
    notebooks.currentChanged.connect(this._onCurrentChanged, this);
    NotebookActions.executed.connect(this._onOutputsChanged, this);
    NotebookActions.outputCleared.connect(this._onOutputsChanged, this);
    this._onCurrentChanged(notebooks, notebooks.currentWidget);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get disposed(): ISignal<this, void> {
    return this._disposed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get lesson(): string | null {
    return this._lesson?.lesson ?? null;
  }

  get path(): string | null {
    return this._lesson ? (this._panel?.context.path ?? null) : null;
  }

  get language(): Language | null {
    return this._lesson?.language ?? null;
  }

  get metrics(): readonly IMetric[] {
    return this._metrics;
  }

  async reveal(exercise: string): Promise<boolean> {
    const panel = this._panel;
    const notebook = panel?.content;
    const index = notebook?.model ? findExercise(notebook.model, exercise) : -1;
    if (!notebook || index < 0) {
      return false;
    }
    notebook.activeCellIndex = index;
    await notebook.scrollToItem(index, 'center');
    notebook.activate();
    return true;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._notebooks.currentChanged.disconnect(this._onCurrentChanged, this);
    NotebookActions.executed.disconnect(this._onOutputsChanged, this);
    NotebookActions.outputCleared.disconnect(this._onOutputsChanged, this);
    this._follow(null);
    this._disposed.emit();
    Signal.clearData(this);
  }

  private _onCurrentChanged(
    _: INotebookTracker,
    panel: NotebookPanel | null
  ): void {
    this._follow(panel);
    this._read();
    if (panel && !panel.context.isReady) {
      void panel.context.ready.then(() => {
        if (this._panel === panel) {
          this._read();
        }
      });
    }
  }

  private _follow(panel: NotebookPanel | null): void {
    if (this._panel && !this._panel.isDisposed) {
      // Also emitted when the file is reloaded: after a reset the outputs are gone.
      this._panel.context.fileChanged.disconnect(this._read, this);
    }
    this._panel = panel;
    panel?.context.fileChanged.connect(this._read, this);
  }

  private _onOutputsChanged(
    _: unknown,
    { notebook }: { notebook: NotebookPanel['content'] }
  ): void {
    if (notebook === this._panel?.content) {
      this._read();
    }
  }

  private _read(): void {
    const panel = this._panel;
    const model = panel && !panel.isDisposed ? panel.content.model : null;
    this._lesson = readLesson(model);
    this._metrics = model && this._lesson ? readMetrics(model) : [];
    this._changed.emit();
  }

  private readonly _notebooks: INotebookTracker;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _disposed = new Signal<this, void>(this);
  private _panel: NotebookPanel | null = null;
  private _lesson: ILessonNotebook | null = null;
  private _metrics: IMetric[] = [];
  private _isDisposed = false;
}
