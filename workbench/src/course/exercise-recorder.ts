import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { ExerciseResult } from '../contract';
import { readExerciseResults, readLesson } from './lesson-notebook';
import type { ICourseModel } from './tokens';

/**
 * Records the attempts at exercises that the learner makes by running cells.
 *
 * Outputs that are merely loaded with a notebook are not attempts.
 */
export class ExerciseRecorder implements IDisposable {
  constructor(options: ExerciseRecorder.IOptions) {
    this._course = options.course;
    this._onFailure = options.onFailure;
    NotebookActions.executed.connect(this._onExecuted, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    NotebookActions.executed.disconnect(this._onExecuted, this);
    Signal.clearData(this);
  }

  private _onExecuted(
    _: unknown,
    { notebook, cell }: { notebook: Notebook; cell: Cell }
  ): void {
    const lesson = readLesson(notebook.model)?.lesson;
    if (lesson === undefined) {
      return;
    }
    for (const result of readExerciseResults(cell.model)) {
      if (result.lesson === lesson) {
        void this._record(result);
      }
    }
  }

  private async _record(result: ExerciseResult): Promise<void> {
    try {
      await this._course.record(result);
    } catch (error) {
      this._onFailure(error, () => {
        void this._record(result);
      });
    }
  }

  private readonly _course: ICourseModel;
  private readonly _onFailure: ExerciseRecorder.IOptions['onFailure'];
  private _isDisposed = false;
}

export namespace ExerciseRecorder {
  export interface IOptions {
    course: ICourseModel;

    /** Called when an attempt could not be recorded, with a function that retries. */
    onFailure: (error: unknown, retry: () => void) => void;
  }
}
