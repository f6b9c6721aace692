import type { INotebookModel, INotebookTracker } from '@jupyterlab/notebook';
import type { Lesson } from '../contract';
import type { ICourseModel } from '../course/tokens';

/** A notebook that can be run. */
export interface INotebookChoice {
  /** Its path, or `lesson:` and the name of a lesson that has no copy yet. */
  readonly key: string;
  readonly title: string;
}

/** The notebooks that the form offers. */
export interface INotebookChoices {
  readonly open: readonly INotebookChoice[];
  readonly lessons: readonly INotebookChoice[];
}

const LESSON = 'lesson:';

/**
 * The notebooks that can be run: open ones, and lessons.
 */
export class RunNotebooks {
  constructor(private readonly _options: RunNotebooks.IOptions) {}

  /** The path of the notebook in front; null if there is none. */
  get current(): string | null {
    return this._options.notebooks.currentWidget?.context.path ?? null;
  }

  get choices(): INotebookChoices {
    const { course } = this._options;
    const open: INotebookChoice[] = [];
    this._options.notebooks.forEach(({ context }) => {
      open.push({ key: context.path, title: context.path });
    });
    const lessons = (course?.catalog?.chapters ?? [])
      .flatMap(({ lessons }) => lessons)
      .map(lesson => this._choiceOf(lesson))
      .filter(({ key }) => !open.some(each => each.key === key));
    return { open, lessons };
  }

  /** Get the path of a choice; a lesson gets its working copy. */
  async pathOf(key: string): Promise<string> {
    const { course } = this._options;
    if (!course || !key.startsWith(LESSON)) {
      return key;
    }
    const name = key.slice(LESSON.length);
    return (await course.open(name, course.language)).path;
  }

  /** An open notebook; null if it is not open. */
  model(path: string): INotebookModel | null {
    const { notebooks } = this._options;
    const panel = notebooks.find(({ context }) => context.path === path);
    return panel?.content.model ?? null;
  }

  /** The path of the open notebook of a run; null if it is not open. */
  openPath(recorded: string): string | null {
    // Records may have the whole path.
    const panel = this._options.notebooks.find(
      ({ context }) =>
        recorded === context.path || recorded.endsWith(`/${context.path}`)
    );
    return panel?.context.path ?? null;
  }

  /** An open notebook as it is in the editor, without outputs; null if it is not open. */
  content(path: string): Record<string, unknown> | null {
    const model = this.model(path);
    if (!model) {
      return null;
    }
    const notebook = model.sharedModel.toJSON();
    return {
      ...notebook,
      cells: notebook.cells.map(cell =>
        cell.cell_type === 'code'
          ? { ...cell, execution_count: null, outputs: [] }
          : cell
      )
    };
  }

  private _choiceOf(lesson: Lesson): INotebookChoice {
    const language = this._options.course?.language ?? 'zh';
    return {
      key: lesson.paths[language] ?? `${LESSON}${lesson.lesson}`,
      title: `${lesson.number} ${lesson.title[language]}`
    };
  }
}

export namespace RunNotebooks {
  export interface IOptions {
    /** The course; null where the application has none. */
    course: ICourseModel | null;
    notebooks: INotebookTracker;
  }
}
