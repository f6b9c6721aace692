import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Chapter, Lesson } from '../contract';
import type { Language } from '../language';
import { countDone } from './course-order';
import type { ILessonCallbacks } from './lesson-row';
import { LessonRow } from './lesson-row';

interface ILessonTreeProps extends ILessonCallbacks {
  chapters: readonly Chapter[];
  currentLesson: string | null;
  describedBy: string;
  isFiltered: boolean;
  language: Language;
  onPreview: (lesson: Lesson | null) => void;
  opening: string | null;
  trans: TranslationBundle;
}

type Row =
  | { id: string; chapter: Chapter; lesson: null }
  | { id: string; chapter: Chapter; lesson: Lesson };

/** The chapters and lessons, as a tree with keyboard navigation. */
export function LessonTree(props: ILessonTreeProps): React.JSX.Element {
  const { chapters, isFiltered, language, onPreview, trans } = props;
  const [collapsed, setCollapsed] = React.useState<ReadonlySet<string>>(
    new Set()
  );
  const [active, setActive] = React.useState<string | null>(null);
  const rows = React.useRef(new Map<string, HTMLElement>());

  const isOpen = (chapter: Chapter): boolean =>
    isFiltered || !collapsed.has(chapter.chapter);
  const visible = chapters.flatMap<Row>(chapter => [
    { id: chapterId(chapter), chapter, lesson: null },
    ...(isOpen(chapter)
      ? chapter.lessons.map(lesson => ({
          id: lessonId(lesson),
          chapter,
          lesson
        }))
      : [])
  ]);
  const preferred = active ?? lessonId({ lesson: props.currentLesson ?? '' });
  const tabStop = visible.some(row => row.id === preferred)
    ? preferred
    : visible[0]?.id;

  const toggle = (chapter: Chapter, open: boolean): void => {
    const next = new Set(collapsed);
    if (open) {
      next.delete(chapter.chapter);
    } else {
      next.add(chapter.chapter);
    }
    setCollapsed(next);
  };
  const focus = (row: Row | undefined): void => {
    if (row) {
      setActive(row.id);
      rows.current.get(row.id)?.focus();
    }
  };
  const keep =
    (id: string) =>
    (element: HTMLElement | null): void => {
      if (element) {
        rows.current.set(id, element);
      } else {
        rows.current.delete(id);
      }
    };

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const index = visible.findIndex(row => row.id === tabStop);
    const row = visible[index];
    if (!row || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    const { chapter, lesson } = row;
    switch (event.key) {
      case 'ArrowDown':
        focus(visible[index + 1]);
        break;
      case 'ArrowUp':
        focus(visible[index - 1]);
        break;
      case 'Home':
        focus(visible[0]);
        break;
      case 'End':
        focus(visible[visible.length - 1]);
        break;
      case 'ArrowRight':
        if (!lesson) {
          if (isOpen(chapter)) {
            focus(visible[index + 1]);
          } else {
            toggle(chapter, true);
          }
        }
        break;
      case 'ArrowLeft':
        if (lesson) {
          focus(visible.find(({ id }) => id === chapterId(chapter)));
        } else {
          toggle(chapter, false);
        }
        break;
      case 'Enter':
      case ' ':
        if (lesson) {
          props.onOpen(lesson);
        } else {
          toggle(chapter, !isOpen(chapter));
        }
        break;
      case 'r':
        if (!lesson) {
          return;
        }
        props.onReset(lesson);
        break;
      case 'd':
        if (!lesson) {
          return;
        }
        props.onToggleDone(lesson);
        break;
      default:
        return;
    }
    event.preventDefault();
    // JupyterLab's own shortcuts must not see a key that the tree has used.
    event.stopPropagation();
  };

  return (
    <ul
      className="pw-LessonTree"
      role="tree"
      aria-label={trans.__('Lessons')}
      onKeyDown={onKeyDown}
      onMouseLeave={() => {
        onPreview(visible.find(row => row.id === active)?.lesson ?? null);
      }}
    >
      {chapters.map(chapter => {
        const id = chapterId(chapter);
        const open = isOpen(chapter);
        const Caret = open ? caretDownIcon : caretRightIcon;
        return (
          <li
            key={chapter.chapter}
            ref={keep(id)}
            className="pw-LessonTree-chapter"
            role="treeitem"
            aria-expanded={open}
            aria-level={1}
            aria-labelledby={`pw-${id}`}
            tabIndex={tabStop === id ? 0 : -1}
            onFocus={event => {
              if (event.target === event.currentTarget) {
                setActive(id);
                onPreview(null);
              }
            }}
          >
            <div
              className="pw-LessonTree-chapterRow"
              id={`pw-${id}`}
              onClick={() => {
                toggle(chapter, !open);
              }}
            >
              <Caret.react className="pw-LessonTree-caret" tag="span" />
              <span className="pw-LessonTree-number">{chapter.number}</span>
              <span className="pw-LessonTree-title">
                {chapter.title[language]}
              </span>
              <span
                className="pw-LessonTree-count"
                title={trans.__(
                  '%1 of %2 lessons done',
                  countDone(chapter),
                  chapter.lessons.length
                )}
              >
                {countDone(chapter)}/{chapter.lessons.length}
              </span>
            </div>
            {open && (
              <ul role="group" className="pw-LessonTree-lessons">
                {chapter.lessons.map(lesson => (
                  <LessonRow
                    key={lesson.lesson}
                    describedBy={props.describedBy}
                    isCurrent={lesson.lesson === props.currentLesson}
                    isOpening={lesson.lesson === props.opening}
                    isTabStop={tabStop === lessonId(lesson)}
                    language={language}
                    lesson={lesson}
                    onFocus={() => {
                      setActive(lessonId(lesson));
                      onPreview(lesson);
                    }}
                    onHover={() => {
                      onPreview(lesson);
                    }}
                    onMenu={props.onMenu}
                    onOpen={props.onOpen}
                    onReset={props.onReset}
                    onToggleDone={props.onToggleDone}
                    rowRef={keep(lessonId(lesson))}
                    trans={trans}
                  />
                ))}
              </ul>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function chapterId({ chapter }: Pick<Chapter, 'chapter'>): string {
  return `chapter:${chapter}`;
}

function lessonId({ lesson }: Pick<Lesson, 'lesson'>): string {
  return `lesson:${lesson}`;
}
