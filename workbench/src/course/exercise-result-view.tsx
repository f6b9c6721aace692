import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ExerciseResult } from '../contract';
import type { Language } from '../language';

interface IExerciseResultViewProps {
  language: Language;
  result: ExerciseResult;
  trans: TranslationBundle;
}

/** The result of an exercise: a sign, a sentence, and help if it is wrong. */
export function ExerciseResultView(
  props: IExerciseResultViewProps
): React.JSX.Element {
  const { language, result, trans } = props;
  const { attempts, expected, found, max_points, passed, points, solution } =
    result;
  return (
    <div
      className="pw-ExerciseResult"
      data-passed={passed}
      role="status"
      aria-live="polite"
    >
      <p className="pw-ExerciseResult-summary">
        <span className="pw-ExerciseResult-sign" aria-hidden="true">
          {passed ? '✓' : '✗'}
        </span>
        <strong>
          {passed ? trans.__('Passed') : trans.__('Not right yet')}
        </strong>
        <span className="pw-ExerciseResult-facts">
          {trans.__('%1 of %2 points', points, max_points)}
          {!passed && <> · {trans.__('attempt %1', attempts)}</>}
        </span>
      </p>
      {!passed && (
        <p className="pw-ExerciseResult-hint" lang={language}>
          {result.message[language]}
        </p>
      )}
      {(isShown(expected) || isShown(found)) && (
        <div className="pw-ExerciseResult-values">
          <Value label={trans.__('Expected')} value={expected} />
          <Value label={trans.__('Actual')} value={found} />
        </div>
      )}
      {isShown(solution) && (
        <details className="pw-ExerciseResult-solution">
          <summary>{trans.__('Show a solution')}</summary>
          <pre>{solution}</pre>
        </details>
      )}
    </div>
  );
}

interface IValueProps {
  label: string;
  value: string | null | undefined;
}

function Value({ label, value }: IValueProps): React.JSX.Element | null {
  return isShown(value) ? (
    <figure>
      <figcaption>{label}</figcaption>
      <pre>{value}</pre>
    </figure>
  ) : null;
}

/** Older notebooks may hold results without the fields that were added later. */
function isShown(value: string | null | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
