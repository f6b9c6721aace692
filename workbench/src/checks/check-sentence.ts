import type { TranslationBundle } from '@jupyterlab/translation';
import type {
  CheckDifference,
  CheckedCell,
  IgnoredNoise,
  StructuralFinding
} from '../contract';

const PERCENT = 100;
const PERCENT_DIGITS = 2;
const LIKENESS_DIGITS = 2;

/** The cells with differences or errors, in the order of the notebook. */
export function wrongCells(cells: readonly CheckedCell[]): CheckedCell[] {
  return cells.filter(({ outcome }) =>
    ['differs', 'raised', 'unchecked'].includes(outcome)
  );
}

/** The outcome of one cell, in a few words. */
export function cellText(cell: CheckedCell, trans: TranslationBundle): string {
  const { outcome, reason } = cell;
  switch (outcome) {
    case 'compared':
      return trans.__('Same as the lesson');
    case 'differs':
      return trans.__('Different from the lesson');
    case 'raised':
      return trans.__('Stopped here: %1', reason);
    case 'unchecked':
      return trans.__('Could not be compared');
    case 'not_run':
      return trans.__('Not run');
    case 'not_compared':
      if (reason === 'changed') {
        return trans.__('Changed by you: run but not compared');
      }
      return reason === 'exercise'
        ? trans.__('Exercise: run but not compared')
        : trans.__('Output varies: run but not compared');
  }
}

/** What was found in the code, in one sentence. */
export function findingText(
  { line, message, rule }: StructuralFinding,
  trans: TranslationBundle
): string {
  return rule === 'shared_predictor' && line !== null
    ? trans.__('Line %1: several threads may run one predictor at once.', line)
    : message;
}

/** What a cell was not held to: `durations: 2, dates: 1`. */
export function noiseText(
  noise: readonly IgnoredNoise[],
  trans: TranslationBundle
): string {
  return noise
    .map(({ kind, count }) =>
      trans.__('%1: %2', noiseKindText(kind, trans), count)
    )
    .join(trans.__(', '));
}

function noiseKindText(
  kind: IgnoredNoise['kind'],
  trans: TranslationBundle
): string {
  switch (kind) {
    case 'address':
      return trans.__('addresses in memory');
    case 'date':
      return trans.__('dates');
    case 'duration':
      return trans.__('durations');
    case 'log_line':
      return trans.__('log lines');
    case 'path':
      return trans.__('paths');
    case 'progress':
      return trans.__('progress bars');
    case 'uuid':
      return trans.__('random ids');
    case 'custom':
      return trans.__('own patterns');
  }
}

/** Where in the output of a cell something differs. */
export function placeText(
  difference: CheckDifference,
  trans: TranslationBundle
): string {
  const { column, line, name, output, row } = difference;
  if (row !== null && column !== null) {
    return trans.__('Table, row %1, column %2', row, column);
  }
  const what = outputText(output, trans);
  if (line !== null) {
    return trans.__('%1, line %2', what, line);
  }
  return name === '' ? what : `${what}, ${name}`;
}

/** What differs, in a sentence. */
export function differenceText(
  difference: CheckDifference,
  trans: TranslationBundle
): string {
  const { deviation, expected, found, kind, likeness } = difference;
  switch (kind) {
    case 'number':
      return deviation === null
        ? trans.__('%1 instead of %2', found, expected)
        : trans.__(
            '%1 instead of %2 (%3 %)',
            found,
            expected,
            signed(deviation * PERCENT)
          );
    case 'picture':
      return likeness === null
        ? trans.__('The image has a different size.')
        : trans.__(
            'Image similarity: %1 (1 means identical).',
            likeness.toFixed(LIKENESS_DIGITS)
          );
    case 'missing':
      return trans.__('The lesson shows this, but your notebook does not.');
    case 'extra':
      return trans.__('Your notebook shows this, but the lesson does not.');
    case 'error':
      return trans.__('A different error from the lesson.');
    case 'structure':
      return trans.__('The output is structured differently from the lesson.');
    case 'unreadable':
      return trans.__('Could not read the output.');
    case 'text':
    case 'value':
      return trans.__('The text is different.');
  }
}

function outputText(output: string, trans: TranslationBundle): string {
  switch (output) {
    case 'stdout':
      return trans.__('Printed output');
    case 'stderr':
      return trans.__('Warnings');
    case 'error':
      return trans.__('Error');
    case 'text/plain':
      return trans.__('Result');
    case 'text/html':
      return trans.__('Table or formatted text');
    case 'image/png':
    case 'image/jpeg':
    case 'image/svg+xml':
      return trans.__('Image');
    default:
      return output;
  }
}

function signed(value: number): string {
  const text = Number(value.toPrecision(PERCENT_DIGITS)).toString();
  return value > 0 ? `+${text}` : text;
}
