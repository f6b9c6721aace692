import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { MenuSvg, ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import type { Lesson } from '../contract';
import { ErrorBoundary } from '../failure-view';
import { courseIcon } from '../icons';
import { CourseView } from './course-view';
import type { ICourseModel, ILessonTracker } from './tokens';
import { CommandIDs } from './tokens';

/**
 * The course in the left sidebar.
 */
export class CoursePanel extends ReactWidget {
  constructor(options: CoursePanel.IOptions) {
    super();
    const { commands, course, lessons, trans } = options;
    this._commands = commands;
    this._course = course;
    this._lessons = lessons;
    this._trans = trans;
    this._menu = new MenuSvg({ commands });

    this.id = 'paddle-workbench-course';
    this.addClass('pw-CoursePanel');
    this.title.icon = courseIcon;
    this.title.caption = trans.__('Course');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Course'));

    course.changed.connect(this._onChanged, this);
    lessons.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._course.changed.disconnect(this._onChanged, this);
    this._lessons.changed.disconnect(this._onChanged, this);
    this._menu.dispose();
    super.dispose();
  }

  /** Refresh when the window gets the focus: another window may have changed something. */
  handleEvent(event: Event): void {
    if (event.type === 'focus' && event.target === window) {
      void this._course.refresh();
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    window.addEventListener('focus', this);
  }

  protected override onBeforeDetach(message: Message): void {
    window.removeEventListener('focus', this);
    super.onBeforeDetach(message);
  }

  protected override render(): React.JSX.Element {
    const course = this._course;
    return (
      <ErrorBoundary trans={this._trans}>
        <CourseView
          catalog={course.catalog}
          currentLesson={this._lessons.lesson}
          failure={course.failure}
          isLoading={course.isLoading}
          language={course.language}
          notices={course.notices}
          onDismiss={notice => {
            course.dismiss(notice);
          }}
          onLanguage={language => {
            void this._commands.execute(CommandIDs.setLanguage, { language });
          }}
          onMenu={(lesson, x, y) => {
            this._openMenu(lesson, x, y);
          }}
          onOpen={lesson => {
            this._run(CommandIDs.openLesson, lesson);
          }}
          onRefresh={() => {
            void course.refresh();
          }}
          onReset={lesson => {
            if (
              this._commands.isEnabled(CommandIDs.resetLesson, {
                lesson: lesson.lesson
              })
            ) {
              this._run(CommandIDs.resetLesson, lesson);
            }
          }}
          onToggleDone={lesson => {
            this._run(CommandIDs.markLessonDone, lesson);
          }}
          opening={course.opening}
          trans={this._trans}
        />
      </ErrorBoundary>
    );
  }

  private _run(command: string, { lesson }: Lesson): void {
    const language = this._course.language;
    void this._commands.execute(command, { lesson, language });
  }

  private _openMenu({ lesson }: Lesson, x: number, y: number): void {
    const args = { lesson, language: this._course.language };
    this._menu.clearItems();
    for (const command of [
      CommandIDs.openLesson,
      CommandIDs.markLessonDone,
      CommandIDs.resetLesson
    ]) {
      this._menu.addItem({ command, args });
    }
    this._menu.open(x, y);
  }

  private _onChanged(): void {
    this.update();
  }

  private readonly _commands: JupyterFrontEnd['commands'];
  private readonly _course: ICourseModel;
  private readonly _lessons: ILessonTracker;
  private readonly _menu: MenuSvg;
  private readonly _trans: TranslationBundle;
}

export namespace CoursePanel {
  export interface IOptions {
    commands: JupyterFrontEnd['commands'];
    course: ICourseModel;
    lessons: ILessonTracker;
    trans: TranslationBundle;
  }
}
