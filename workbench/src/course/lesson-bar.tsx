import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { MenuSvg, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Lesson } from '../contract';
import { ErrorBoundary } from '../failure-view';
import type { Language } from '../language';
import { LessonBarView } from './lesson-bar-view';
import type { ILessonNotebook } from './lesson-notebook';
import type { ICourseModel } from './tokens';
import { CommandIDs } from './tokens';

/**
 * The bar over a lesson's notebook.
 */
export class LessonBar extends ReactWidget {
  constructor(options: LessonBar.IOptions) {
    super();
    const { commands, course, notebook, trans } = options;
    this._commands = commands;
    this._course = course;
    this._notebook = notebook;
    this._trans = trans;
    this._exercises = new MenuSvg({ commands });
    this.addClass('pw-LessonBar');
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', trans.__('Lesson'));
    course.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._course.changed.disconnect(this._onChanged, this);
    this._exercises.dispose();
    super.dispose();
  }

  protected override render(): React.JSX.Element {
    const course = this._course;
    const name = this._notebook.lesson;
    const lesson = course.lesson(name);
    return (
      <ErrorBoundary trans={this._trans}>
        <LessonBarView
          failure={course.failure}
          isLoaded={course.catalog !== null}
          language={this._language}
          lesson={lesson}
          next={course.neighbour(name, 1)}
          onCheck={() => {
            void this._commands.execute(CommandIDs.checkLesson);
          }}
          onExercises={anchor => {
            if (lesson) {
              this._openExercises(lesson, anchor);
            }
          }}
          onObjectives={() => {
            void this._commands.execute(CommandIDs.openObjectives);
          }}
          onOpen={other => {
            this._run(CommandIDs.openLesson, other);
          }}
          onReset={own => {
            this._run(CommandIDs.resetLesson, own);
          }}
          onRetry={() => {
            void course.refresh();
          }}
          onToggleDone={own => {
            this._run(CommandIDs.markLessonDone, own);
          }}
          previous={course.neighbour(name, -1)}
          trans={this._trans}
        />
      </ErrorBoundary>
    );
  }

  private get _language(): Language {
    return this._notebook.language ?? this._course.language;
  }

  private _run(command: string, { lesson }: Lesson): void {
    void this._commands.execute(command, { lesson, language: this._language });
  }

  private _openExercises(lesson: Lesson, anchor: HTMLElement): void {
    this._exercises.clearItems();
    for (const { exercise } of lesson.exercises) {
      this._exercises.addItem({
        command: CommandIDs.openExercise,
        args: { lesson: lesson.lesson, exercise, language: this._language }
      });
    }
    const { left, bottom } = anchor.getBoundingClientRect();
    this._exercises.open(left, bottom);
  }

  private _onChanged(): void {
    this.update();
  }

  private readonly _commands: JupyterFrontEnd['commands'];
  private readonly _course: ICourseModel;
  private readonly _exercises: MenuSvg;
  private readonly _notebook: ILessonNotebook;
  private readonly _trans: TranslationBundle;
}

export namespace LessonBar {
  export interface IOptions {
    commands: JupyterFrontEnd['commands'];
    course: ICourseModel;
    notebook: ILessonNotebook;
    trans: TranslationBundle;
  }
}
