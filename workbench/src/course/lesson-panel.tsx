import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Lesson } from '../contract';
import { ErrorBoundary, FailureView } from '../failure-view';
import { lessonIcon } from '../icons';
import { LessonPanelView } from './lesson-panel-view';
import type { ICourseModel, ILessonTracker } from './tokens';
import { CommandIDs } from './tokens';

/**
 * The lesson in front, in the right sidebar.
 */
export class LessonPanel extends ReactWidget {
  constructor(options: LessonPanel.IOptions) {
    super();
    const { commands, course, lessons, trans } = options;
    this._commands = commands;
    this._course = course;
    this._lessons = lessons;
    this._trans = trans;

    this.id = 'paddle-workbench-lesson';
    this.addClass('pw-LessonPanel');
    this.title.icon = lessonIcon;
    this.title.caption = trans.__('Lesson');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Lesson'));

    course.changed.connect(this._onChanged, this);
    lessons.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._course.changed.disconnect(this._onChanged, this);
    this._lessons.changed.disconnect(this._onChanged, this);
    super.dispose();
  }

  protected override render(): React.JSX.Element {
    return (
      <ErrorBoundary trans={this._trans}>{this._renderLesson()}</ErrorBoundary>
    );
  }

  private _renderLesson(): React.JSX.Element {
    const course = this._course;
    const { lesson: name, metrics } = this._lessons;
    if (name !== null && course.catalog === null && course.failure) {
      return (
        <FailureView
          failure={course.failure}
          onRetry={() => {
            void course.refresh();
          }}
          trans={this._trans}
        />
      );
    }
    const lesson = name === null ? null : course.lesson(name);
    const language = this._lessons.language ?? course.language;
    return (
      <LessonPanelView
        language={language}
        lesson={lesson}
        metrics={metrics}
        onExercise={exercise => {
          void this._commands.execute(CommandIDs.openExercise, { exercise });
        }}
        onOpen={other => {
          void this._commands.execute(CommandIDs.openLesson, {
            lesson: other,
            language
          });
        }}
        required={(lesson?.requires ?? [])
          .map(other => course.lesson(other))
          .filter((other): other is Lesson => other !== null)}
        trans={this._trans}
      />
    );
  }

  private _onChanged(): void {
    this.update();
  }

  private readonly _commands: JupyterFrontEnd['commands'];
  private readonly _course: ICourseModel;
  private readonly _lessons: ILessonTracker;
  private readonly _trans: TranslationBundle;
}

export namespace LessonPanel {
  export interface IOptions {
    commands: JupyterFrontEnd['commands'];
    course: ICourseModel;
    lessons: ILessonTracker;
    trans: TranslationBundle;
  }
}
