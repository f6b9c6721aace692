import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ExerciseProgress, Lesson } from '../contract';

type LessonState = Lesson['state'];
type ExerciseState = ExerciseProgress['state'];

const SIGNS: Record<LessonState | ExerciseState, string> = {
  new: '○',
  started: '◐',
  done: '✓',
  untried: '○',
  failed: '✗',
  passed: '✓'
};

/** The word for the state of a lesson or an exercise. */
export function progressText(
  state: LessonState | ExerciseState,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'new':
      return trans.__('Not started');
    case 'started':
      return trans.__('In progress');
    case 'done':
      return trans.__('Done');
    case 'untried':
      return trans.__('Not tried');
    case 'failed':
      return trans.__('Not right yet');
    case 'passed':
      return trans.__('Passed');
  }
}

/** The character for the state. */
export function progressSign(state: LessonState | ExerciseState): string {
  return SIGNS[state];
}

interface IProgressSignProps {
  state: LessonState | ExerciseState;
  trans: TranslationBundle;
}

/** The character, with its word as a tooltip and for screen readers. */
export function ProgressSign(props: IProgressSignProps): React.JSX.Element {
  const { state, trans } = props;
  const text = progressText(state, trans);
  return (
    <span className="pw-ProgressSign" data-state={state} title={text}>
      <span aria-hidden="true">{SIGNS[state]}</span>
      <span className="pw-VisuallyHidden">{text}</span>
    </span>
  );
}
