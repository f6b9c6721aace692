import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Exercise, Lesson } from '../contract';
import type { Language } from '../language';
import type { IMetric } from './metric';
import { formatMetric } from './metric';
import { ProgressSign } from './progress-sign';

export interface ILessonPanelViewProps {
  language: Language;
  lesson: Lesson | null;
  metrics: readonly IMetric[];
  onExercise: (exercise: string) => void;
  onOpen: (lesson: string) => void;

  /** The lessons to do before this one; names that are not in the course are left out. */
  required: readonly Lesson[];

  trans: TranslationBundle;
}

/** The objectives of the current lesson, and the learner's progress in it. */
export function LessonPanelView(
  props: ILessonPanelViewProps
): React.JSX.Element {
  const { language, lesson, metrics, required, trans } = props;
  if (lesson === null) {
    return (
      <p className="pw-Empty">
        {trans.__(
          'Open a lesson: its objectives, exercises and recorded results appear here.'
        )}
      </p>
    );
  }
  return (
    <>
      <header className="pw-LessonPanel-header">
        <h2 className="pw-LessonPanel-title" lang={language}>
          {lesson.number} {lesson.title[language]}
        </h2>
        <p className="pw-LessonPanel-facts">
          <ProgressSign state={lesson.state} trans={trans} />{' '}
          {trans.__('About %1 minutes', lesson.minutes)}
          {lesson.device === 'gpu' && <> · {trans.__('Needs a GPU')}</>}
        </p>
      </header>
      <Section title={trans.__('What you will learn')}>
        <ul className="pw-LessonPanel-objectives" lang={language}>
          {lesson.objectives[language].map(objective => (
            <li key={objective}>{objective}</li>
          ))}
        </ul>
      </Section>
      {lesson.exercises.length > 0 && (
        <Section title={trans.__('Exercises')}>
          <ul className="pw-LessonPanel-exercises">
            {lesson.exercises.map(exercise => (
              <ExerciseItem
                key={exercise.exercise}
                exercise={exercise}
                language={language}
                onExercise={props.onExercise}
                trans={trans}
              />
            ))}
          </ul>
        </Section>
      )}
      <Section title={trans.__('Recorded results')}>
        {metrics.length === 0 ? (
          <p className="pw-LessonPanel-quiet">
            {trans.__(
              'Nothing recorded yet. Run the lesson to see its results.'
            )}
          </p>
        ) : (
          <dl className="pw-LessonPanel-metrics">
            {metrics.map(({ name, value }) => (
              <React.Fragment key={name}>
                <dt>{name}</dt>
                <dd title={String(value)}>{formatMetric(value)}</dd>
              </React.Fragment>
            ))}
          </dl>
        )}
      </Section>
      {required.length > 0 && (
        <Section title={trans.__('Prerequisites')}>
          <ul className="pw-LessonPanel-required">
            {required.map(other => (
              <li key={other.lesson}>
                <ProgressSign state={other.state} trans={trans} />{' '}
                <button
                  type="button"
                  className="pw-LinkButton"
                  onClick={() => {
                    props.onOpen(other.lesson);
                  }}
                >
                  {other.number} {other.title[language]}
                </button>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function Section(
  props: React.PropsWithChildren<{ title: string }>
): React.JSX.Element {
  return (
    <section className="pw-LessonPanel-section">
      <h3 className="pw-LessonPanel-heading">{props.title}</h3>
      {props.children}
    </section>
  );
}

interface IExerciseItemProps {
  exercise: Exercise;
  language: Language;
  onExercise: (exercise: string) => void;
  trans: TranslationBundle;
}

function ExerciseItem(props: IExerciseItemProps): React.JSX.Element {
  const { exercise, language, onExercise, trans } = props;
  const { attempts, hint, state } = exercise.progress;
  return (
    <li>
      <ProgressSign state={state} trans={trans} />
      <div className="pw-LessonPanel-exercise">
        <button
          type="button"
          className="pw-LinkButton"
          title={trans.__('Show the cell of this exercise')}
          onClick={() => {
            onExercise(exercise.exercise);
          }}
        >
          {exercise.title[language]}
        </button>
        {attempts > 0 && (
          <>
            {' '}
            <span className="pw-LessonPanel-attempts">
              {trans.__('Attempts: %1', attempts)}
            </span>
          </>
        )}
        {state === 'failed' && hint && (
          <p className="pw-LessonPanel-hint" lang={language}>
            {hint[language]}
          </p>
        )}
      </div>
    </li>
  );
}
