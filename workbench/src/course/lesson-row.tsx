import type { TranslationBundle } from '@jupyterlab/translation';
import { ellipsesIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Lesson } from '../contract';
import type { Language } from '../language';
import { ProgressSign } from './progress-sign';

/**
 * What a learner may do with a lesson in the tree.
 */
export interface ILessonCallbacks {
  onMenu: (lesson: Lesson, x: number, y: number) => void;
  onOpen: (lesson: Lesson) => void;
  onReset: (lesson: Lesson) => void;
  onToggleDone: (lesson: Lesson) => void;
}

interface ILessonRowProps extends ILessonCallbacks {
  describedBy: string;
  isCurrent: boolean;
  isOpening: boolean;
  isTabStop: boolean;
  language: Language;
  lesson: Lesson;
  onFocus: () => void;
  onHover: () => void;
  rowRef: (element: HTMLElement | null) => void;
  trans: TranslationBundle;
}

/** One lesson in the tree. */
export function LessonRow(props: ILessonRowProps): React.JSX.Element {
  const { isOpening, language, lesson, onMenu, trans } = props;
  return (
    <li
      ref={props.rowRef}
      className="pw-LessonTree-lesson"
      role="treeitem"
      aria-busy={isOpening}
      aria-current={props.isCurrent ? 'page' : undefined}
      aria-describedby={props.describedBy}
      aria-keyshortcuts="Enter R D"
      aria-level={2}
      data-lesson={lesson.lesson}
      tabIndex={props.isTabStop ? 0 : -1}
      onClick={() => {
        props.onOpen(lesson);
      }}
      onContextMenu={event => {
        event.preventDefault();
        event.stopPropagation();
        const box = event.currentTarget.getBoundingClientRect();
        // The key for the menu gives no position.
        const byPointer = event.clientX !== 0 || event.clientY !== 0;
        onMenu(
          lesson,
          byPointer ? event.clientX : box.left,
          byPointer ? event.clientY : box.bottom
        );
      }}
      onFocus={props.onFocus}
      onMouseEnter={props.onHover}
    >
      <ProgressSign state={lesson.state} trans={trans} />
      <span className="pw-LessonTree-number">{lesson.number}</span>
      <span className="pw-LessonTree-title">{lesson.title[language]}</span>
      {lesson.outdated && (
        <span
          className="pw-Badge pw-mod-warning"
          title={trans.__(
            'A newer version is available; reset the lesson to get it'
          )}
        >
          {trans.__('Update')}
          <span className="pw-VisuallyHidden">
            {trans.__(
              'A newer version is available; reset the lesson to get it'
            )}
          </span>
        </span>
      )}
      {lesson.device === 'gpu' && (
        <span className="pw-Badge" title={trans.__('Needs a GPU')}>
          {trans.__('GPU')}
        </span>
      )}
      <span className="pw-LessonTree-end">
        <span className="pw-LessonTree-minutes">
          {isOpening
            ? trans.__('Opening…')
            : trans.__('%1 min', lesson.minutes)}
        </span>
        <button
          type="button"
          className="pw-LessonTree-menu"
          tabIndex={-1}
          title={trans.__('More')}
          aria-hidden="true"
          onClick={event => {
            event.stopPropagation();
            const box = event.currentTarget.getBoundingClientRect();
            onMenu(lesson, box.left, box.bottom);
          }}
        >
          <ellipsesIcon.react tag="span" />
        </button>
      </span>
    </li>
  );
}
