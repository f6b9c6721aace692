import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Lesson } from '../contract';
import type { Language } from '../language';

interface ILessonPreviewProps {
  id: string;
  language: Language;
  lesson: Lesson | null;
  trans: TranslationBundle;
}

/** What the lesson under the pointer or the focus teaches. */
export function LessonPreview(props: ILessonPreviewProps): React.JSX.Element {
  const { language, lesson, trans } = props;
  return (
    <section
      className="pw-LessonPreview"
      id={props.id}
      aria-label={trans.__('What you will learn')}
    >
      {lesson ? (
        <>
          <h3 className="pw-LessonPreview-title">{lesson.title[language]}</h3>
          <p className="pw-LessonPreview-lead">
            {trans.__('You will be able to:')}
          </p>
          <ul className="pw-LessonPreview-objectives" lang={language}>
            {lesson.objectives[language].map(objective => (
              <li key={objective}>{objective}</li>
            ))}
          </ul>
        </>
      ) : (
        <p className="pw-LessonPreview-lead">
          {trans.__(
            'Hover over a lesson to see what it teaches. Press Enter to open it, R to reset it, D to mark it as done.'
          )}
        </p>
      )}
    </section>
  );
}
