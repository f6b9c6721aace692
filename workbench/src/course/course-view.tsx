import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon, refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Catalog, ErrorMessage, Lesson } from '../contract';
import type { IFailure } from '../failure';
import { FailureView } from '../failure-view';
import type { Language } from '../language';
import { filterChapters, findLesson, lessonsInOrder } from './course-order';
import { LessonPreview } from './lesson-preview';
import type { ILessonCallbacks } from './lesson-row';
import { LessonTree } from './lesson-tree';

const PREVIEW_ID = 'pw-lesson-preview';

/** Each language by its own name. */
const LANGUAGE_NAMES: Record<Language, string> = { zh: '中文', en: 'EN' };

export interface ICourseViewProps extends ILessonCallbacks {
  catalog: Catalog | null;
  currentLesson: string | null;
  failure: IFailure | null;
  isLoading: boolean;
  language: Language;
  notices: readonly ErrorMessage[];
  onDismiss: (notice: ErrorMessage) => void;
  onLanguage: (language: Language) => void;
  onRefresh: () => void;
  opening: string | null;
  trans: TranslationBundle;
}

/** The course panel. */
export function CourseView(props: ICourseViewProps): React.JSX.Element {
  const { catalog, failure, onRefresh, trans } = props;
  return (
    <>
      <CourseHeader {...props} />
      {props.notices.map(notice => (
        <Notice
          key={notice.message}
          notice={notice}
          onDismiss={props.onDismiss}
          trans={trans}
        />
      ))}
      {failure && (
        <FailureView failure={failure} onRetry={onRefresh} trans={trans} />
      )}
      {catalog ? (
        <Lessons {...props} catalog={catalog} />
      ) : (
        !failure && <Skeleton trans={trans} />
      )}
    </>
  );
}

function CourseHeader(props: ICourseViewProps): React.JSX.Element {
  const { catalog, isLoading, language, onLanguage, onRefresh, trans } = props;
  return (
    <header className="pw-CoursePanel-header">
      <h2 className="pw-CoursePanel-title">
        {catalog?.title[language] ?? trans.__('Course')}
      </h2>
      <div
        className="pw-Toggle"
        role="group"
        aria-label={trans.__('Language of the lessons')}
      >
        {(['zh', 'en'] as const).map(choice => (
          <button
            key={choice}
            type="button"
            className="pw-Toggle-choice"
            aria-pressed={choice === language}
            lang={choice}
            title={
              choice === 'zh'
                ? trans.__('Lessons in Chinese')
                : trans.__('Lessons in English')
            }
            onClick={() => {
              onLanguage(choice);
            }}
          >
            {LANGUAGE_NAMES[choice]}
          </button>
        ))}
      </div>
      <button
        type="button"
        className="pw-IconButton"
        title={trans.__('Refresh')}
        aria-label={trans.__('Refresh')}
        aria-busy={isLoading}
        onClick={onRefresh}
      >
        <refreshIcon.react tag="span" />
      </button>
    </header>
  );
}

function Lessons(
  props: ICourseViewProps & { catalog: Catalog }
): React.JSX.Element {
  const { catalog, language, trans } = props;
  const [filter, setFilter] = React.useState('');
  const [previewed, setPreviewed] = React.useState<string | null>(null);
  const chapters = filterChapters(catalog.chapters, filter);

  if (lessonsInOrder(catalog).length === 0) {
    return (
      <p className="pw-Empty">
        {trans.__(
          'The course has no lessons. Check that PADDLE_WORKBENCH_COURSE points to the right folder.'
        )}
      </p>
    );
  }
  return (
    <>
      <ContinueButton {...props} />
      <input
        type="search"
        className="pw-CoursePanel-filter"
        placeholder={trans.__('Filter lessons…')}
        aria-label={trans.__('Filter lessons')}
        value={filter}
        onChange={event => {
          setFilter(event.target.value);
        }}
      />
      {chapters.length === 0 ? (
        <p className="pw-Empty" role="status">
          {trans.__('No lesson matches “%1”.', filter.trim())}{' '}
          <button
            type="button"
            className="pw-LinkButton"
            onClick={() => {
              setFilter('');
            }}
          >
            {trans.__('Show all')}
          </button>
        </p>
      ) : (
        <LessonTree
          chapters={chapters}
          currentLesson={props.currentLesson}
          describedBy={PREVIEW_ID}
          isFiltered={filter.trim() !== ''}
          language={language}
          onMenu={props.onMenu}
          onOpen={props.onOpen}
          onPreview={lesson => {
            setPreviewed(lesson?.lesson ?? null);
          }}
          onReset={props.onReset}
          onToggleDone={props.onToggleDone}
          opening={props.opening}
          trans={trans}
        />
      )}
      <LessonPreview
        id={PREVIEW_ID}
        language={language}
        lesson={previewed === null ? null : findLesson(catalog, previewed)}
        trans={trans}
      />
    </>
  );
}

function ContinueButton(
  props: ICourseViewProps & { catalog: Catalog }
): React.JSX.Element {
  const { catalog, language, onOpen, opening, trans } = props;
  const next: Lesson | null =
    catalog.next_lesson === null
      ? null
      : findLesson(catalog, catalog.next_lesson);
  if (next === null) {
    return (
      <p className="pw-CoursePanel-finished" role="status">
        {trans.__('✓ You have completed every lesson.')}
      </p>
    );
  }
  const isFirst = lessonsInOrder(catalog).every(
    lesson => lesson.state === 'new'
  );
  return (
    <button
      type="button"
      className="pw-CoursePanel-continue"
      disabled={opening !== null}
      onClick={() => {
        onOpen(next);
      }}
    >
      <span aria-hidden="true">▸</span>
      <span className="pw-CoursePanel-continueTitle">
        {isFirst
          ? trans.__('Start: %1', next.title[language])
          : trans.__('Continue: %1', next.title[language])}
      </span>
      <span className="pw-CoursePanel-continueMinutes">
        {trans.__('%1 min', next.minutes)}
      </span>
    </button>
  );
}

interface INoticeProps {
  notice: ErrorMessage;
  onDismiss: (notice: ErrorMessage) => void;
  trans: TranslationBundle;
}

function Notice({ notice, onDismiss, trans }: INoticeProps): React.JSX.Element {
  return (
    <div className="pw-Notice" role="status">
      <span className="pw-Notice-text">
        {trans.__('Warning:')} {notice.message} {notice.hint}
      </span>
      <button
        type="button"
        className="pw-IconButton"
        title={trans.__('Dismiss')}
        aria-label={trans.__('Dismiss')}
        onClick={() => {
          onDismiss(notice);
        }}
      >
        <closeIcon.react tag="span" />
      </button>
    </div>
  );
}

function Skeleton({ trans }: { trans: TranslationBundle }): React.JSX.Element {
  return (
    <div className="pw-Skeleton" role="status">
      <span className="pw-VisuallyHidden">
        {trans.__('Loading the course…')}
      </span>
      {Array.from({ length: 7 }, (_, index) => (
        <span key={index} className="pw-Skeleton-bar" aria-hidden="true" />
      ))}
    </div>
  );
}
