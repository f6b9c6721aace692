import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import { LessonBar } from './lesson-bar';
import { readLesson } from './lesson-notebook';
import type { ICourseModel } from './tokens';

/**
 * Puts the lesson bar over notebooks that are lessons.
 */
export class LessonBarExtension implements DocumentRegistry.IWidgetExtension<
  NotebookPanel,
  INotebookModel
> {
  constructor(private readonly _options: LessonBarExtension.IOptions) {}

  createNew(
    panel: NotebookPanel,
    context: DocumentRegistry.IContext<INotebookModel>
  ): IDisposable {
    let bar: LessonBar | null = null;
    void context.ready.then(() => {
      const notebook = readLesson(context.model);
      if (notebook && !panel.isDisposed) {
        bar = new LessonBar({ ...this._options, notebook });
        panel.contentHeader.addWidget(bar);
      }
    });
    return new DisposableDelegate(() => {
      bar?.dispose();
    });
  }
}

export namespace LessonBarExtension {
  export interface IOptions {
    commands: JupyterFrontEnd['commands'];
    course: ICourseModel;
    trans: TranslationBundle;
  }
}
