import type { TranslationBundle } from '@jupyterlab/translation';
import {
  caretDownEmptyIcon,
  caretLeftIcon,
  caretRightIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Lesson } from '../contract';
import type { IFailure } from '../failure';
import type { Language } from '../language';
import { countPassed } from './course-order';

export interface ILessonBarViewProps {
  failure: IFailure | null;
  isLoaded: boolean;
  language: Language;
  lesson: Lesson | null;
  next: Lesson | null;
  onCheck: () => void;
  onExercises: (anchor: HTMLElement) => void;
  onObjectives: () => void;
  onOpen: (lesson: Lesson) => void;
  onReset: (lesson: Lesson) => void;
  onRetry: () => void;
  onToggleDone: (lesson: Lesson) => void;
  previous: Lesson | null;
  trans: TranslationBundle;
}

/** The place of the notebook in the course, and the actions for it. */
export function LessonBarView(props: ILessonBarViewProps): React.JSX.Element {
  const { failure, isLoaded, lesson, onRetry, trans } = props;
  if (lesson) {
    return <LessonTools {...props} lesson={lesson} />;
  }
  if (isLoaded) {
    return (
      <p className="pw-LessonBar-note">
        {trans.__('This lesson is no longer in the course.')}
      </p>
    );
  }
  if (failure) {
    return (
      <p className="pw-LessonBar-note" role="alert">
        {failure.message} {failure.hint}{' '}
        <button type="button" className="pw-LinkButton" onClick={onRetry}>
          {trans.__('Retry')}
        </button>
      </p>
    );
  }
  return (
    <div className="pw-LessonBar-loading" role="status">
      <span className="pw-VisuallyHidden">
        {trans.__('Loading the course…')}
      </span>
      <span className="pw-Skeleton-bar" aria-hidden="true" />
    </div>
  );
}

function LessonTools(
  props: ILessonBarViewProps & { lesson: Lesson }
): React.JSX.Element {
  const { language, lesson, next, onOpen, previous, trans } = props;
  const isDone = lesson.state === 'done';
  return (
    <>
      <Neighbour
        lesson={previous}
        label={trans.__('Previous')}
        language={language}
        onOpen={onOpen}
        sign={<caretLeftIcon.react tag="span" className="pw-BarButton-icon" />}
      />
      <span className="pw-LessonBar-title" title={lesson.title[language]}>
        <span className="pw-LessonBar-number">{lesson.number}</span>{' '}
        {lesson.title[language]}
      </span>
      {lesson.exercises.length > 0 && (
        <button
          type="button"
          className="pw-BarButton"
          aria-haspopup="menu"
          title={trans.__('Go to an exercise')}
          onClick={event => {
            props.onExercises(event.currentTarget);
          }}
        >
          {trans.__(
            'Exercises %1/%2',
            countPassed(lesson),
            lesson.exercises.length
          )}
          <caretDownEmptyIcon.react tag="span" className="pw-BarButton-icon" />
        </button>
      )}
      <button
        type="button"
        className="pw-BarButton pw-mod-optional"
        onClick={props.onObjectives}
      >
        {trans.__('What you will learn')}
      </button>
      <button
        type="button"
        className="pw-BarButton pw-mod-optional"
        title={trans.__(
          'Run a copy of the notebook and compare it with the lesson'
        )}
        onClick={props.onCheck}
      >
        {trans.__('Check')}
      </button>
      <button
        type="button"
        className="pw-BarButton pw-mod-optional"
        title={trans.__('Start the lesson over; your old copy is kept')}
        onClick={() => {
          props.onReset(lesson);
        }}
      >
        {trans.__('Reset')}
      </button>
      <button
        type="button"
        className="pw-BarButton"
        aria-pressed={isDone}
        title={
          isDone
            ? trans.__('Click to mark the lesson as not done')
            : trans.__('Mark the lesson as done')
        }
        onClick={() => {
          props.onToggleDone(lesson);
        }}
      >
        {isDone ? trans.__('✓ Done') : trans.__('Mark as done')}
      </button>
      <Neighbour
        lesson={next}
        label={trans.__('Next')}
        language={language}
        isAccented={isDone}
        onOpen={onOpen}
        sign={<caretRightIcon.react tag="span" className="pw-BarButton-icon" />}
        signAfter
      />
    </>
  );
}

interface INeighbourProps {
  isAccented?: boolean;
  label: string;
  language: Language;
  lesson: Lesson | null;
  onOpen: (lesson: Lesson) => void;
  sign: React.JSX.Element;
  signAfter?: boolean;
}

function Neighbour(props: INeighbourProps): React.JSX.Element {
  const { isAccented, label, language, lesson, onOpen, sign } = props;
  return (
    <button
      type="button"
      className={`pw-BarButton${isAccented && lesson ? ' pw-mod-accent' : ''}`}
      disabled={lesson === null}
      title={lesson ? `${lesson.number} ${lesson.title[language]}` : undefined}
      onClick={() => {
        if (lesson) {
          onOpen(lesson);
        }
      }}
    >
      {!props.signAfter && sign}
      <span className="pw-BarButton-label">{label}</span>
      {props.signAfter && sign}
    </button>
  );
}
