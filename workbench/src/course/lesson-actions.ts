import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Lesson, ResetLesson } from '../contract';
import { describeFailure } from '../failure';
import type { Language } from '../language';
import type { ICourseModel } from './tokens';

const KERNEL = 'paddle';

/**
 * What a learner does with a lesson. Each action reports its result in a notification.
 */
export class LessonActions {
  constructor(private readonly _options: LessonActions.IOptions) {}

  /** Open the learner's working copy, with the kernel of the course. */
  async open(lesson: string, language?: Language): Promise<void> {
    const { course, documents } = this._options;
    await this._try(
      async () => {
        const opened = await course.open(lesson, language ?? course.language);
        documents.openOrReveal(opened.path, 'Notebook', undefined, undefined, {
          name: KERNEL,
          autoStartDefault: true
        });
      },
      () => this.open(lesson, language)
    );
  }

  /** Ask, then replace the learner's copy with a fresh one; the old copy is kept. */
  async reset(lesson: Lesson, language?: Language): Promise<void> {
    const { course, trans } = this._options;
    const title = lesson.title[course.language];
    const answer = await showDialog({
      title: trans.__('Reset “%1”?', title),
      body: trans.__(
        'You get a fresh copy of the lesson. Your work is kept in a file next to it.'
      ),
      buttons: [
        Dialog.cancelButton(),
        Dialog.warnButton({ label: trans.__('Reset') })
      ]
    });
    if (answer.button.accept) {
      await this._reset(lesson, language ?? course.language);
    }
  }

  /** Mark a lesson as done or not done. */
  async setDone(lesson: string, done: boolean): Promise<void> {
    await this._try(
      () => this._options.course.setDone(lesson, done),
      () => this.setDone(lesson, done)
    );
  }

  /** Report a failure, with a button to retry. */
  tell(error: unknown, retry: () => void): void {
    const { trans } = this._options;
    const { message, hint } = describeFailure(error, trans);
    Notification.error([message, hint].filter(Boolean).join('\n'), {
      actions: [{ label: trans.__('Retry'), callback: retry }],
      autoClose: false
    });
  }

  private async _reset(lesson: Lesson, language: Language): Promise<void> {
    const { course, documents } = this._options;
    await this._try(
      async () => {
        const path = lesson.paths[language];
        const before = path === undefined ? null : this._context(path);
        if (before?.model.dirty) {
          // The copy on disk is the one that is kept.
          await before.save();
        }
        const reset = await course.reset(lesson.lesson, language);
        const context = this._context(reset.path);
        await context?.revert();
        const widget = context && documents.findWidget(reset.path, 'Notebook');
        this._tellReset(reset, (widget ?? null) as NotebookPanel | null);
      },
      () => this._reset(lesson, language)
    );
  }

  private _tellReset(reset: ResetLesson, panel: NotebookPanel | null): void {
    const { show, trans } = this._options;
    const { kept } = reset;
    const actions: Notification.IAction[] = [];
    if (kept !== null) {
      actions.push({
        label: trans.__('Show'),
        caption: trans.__('Show your old copy in the file browser'),
        callback: () => {
          show(kept);
        }
      });
    }
    const session = panel?.sessionContext;
    if (session?.session?.kernel) {
      actions.push({
        label: trans.__('Restart kernel'),
        caption: trans.__('Discard variables from the old copy'),
        callback: () => {
          void this._try(
            () => session.restartKernel(),
            () => session.restartKernel()
          );
        }
      });
    }
    const message =
      kept === null
        ? trans.__('The lesson has been reset.')
        : trans.__('The lesson has been reset. Your old copy is %1.', kept);
    Notification.success(message, { actions, autoClose: false });
  }

  private _context(
    path: string
  ): DocumentRegistry.IContext<DocumentRegistry.IModel> | null {
    const { documents } = this._options;
    const widget = documents.findWidget(path, 'Notebook');
    return (widget && documents.contextForWidget(widget)) ?? null;
  }

  private async _try(
    action: () => Promise<void>,
    retry: () => Promise<void>
  ): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.tell(error, () => {
        void retry();
      });
    }
  }
}

export namespace LessonActions {
  export interface IOptions {
    course: ICourseModel;
    documents: IDocumentManager;

    /** Show a file in the file browser. */
    show: (path: string) => void;

    trans: TranslationBundle;
  }
}
