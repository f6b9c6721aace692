import type { TranslationBundle } from '@jupyterlab/translation';
import type { Parameter } from '../contract';
import { exactText } from './run-text';

const OPENING = '([{';
const CLOSING = ')]}';

/** How the default of a parameter is written in its field. */
export function defaultText(parameter: Parameter): string {
  if (parameter.secret) {
    return '';
  }
  const { default: value } = parameter;
  return typeof value === 'boolean' ? String(value) : exactText(value);
}

/** How one of the choices of a parameter is written. */
export function choiceText(choice: unknown): string {
  return typeof choice === 'boolean' ? String(choice) : exactText(choice);
}

/** The values of a sweep: a comma inside brackets or quotes does not separate. */
export function splitSweep(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  let quote = '';
  for (const character of text) {
    if (quote !== '') {
      quote = character === quote ? '' : quote;
    } else if (depth > 0 && (character === '"' || character === "'")) {
      quote = character;
    } else if (OPENING.includes(character)) {
      depth += 1;
    } else if (CLOSING.includes(character)) {
      depth -= 1;
    }
    if (character === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else {
      part += character;
    }
  }
  return [...parts, part];
}

/** What is wrong with a value of a parameter; null if nothing is, as far as one can tell here. */
export function valueProblem(
  parameter: Parameter,
  text: string,
  trans: TranslationBundle
): string | null {
  const value = text.trim();
  const { choices, optional, type } = parameter;
  if ((optional || parameter.default === null) && value === 'None') {
    return null;
  }
  if (choices && !choices.map(choiceText).includes(value)) {
    return trans.__('Choose one of: %1', choices.map(choiceText).join(', '));
  }
  switch (type) {
    case 'int':
      return /^[+-]?\d+(_\d+)*$/.test(value)
        ? rangeProblem(parameter, Number(value.replaceAll('_', '')), trans)
        : trans.__('Enter a whole number.');
    case 'float': {
      const number = parseNumber(value);
      return number === null
        ? trans.__('Enter a number.')
        : rangeProblem(parameter, number, trans);
    }
    case 'bool':
      return /^(true|false|0|1)$/i.test(value)
        ? null
        : trans.__('Enter true or false.');
    case 'list':
      return isBracketed(value, '[')
        ? null
        : trans.__('Enter a list, for example [1, 2].');
    case 'tuple':
      return isBracketed(value, '(') || isBracketed(value, '[')
        ? null
        : trans.__('Enter a tuple, for example (1, 2).');
    case 'dict':
      return isBracketed(value, '{')
        ? null
        : trans.__('Enter a dict, for example {"a": 1}.');
    default:
      return null;
  }
}

/** What is wrong with the values of a sweep; null if nothing is. */
export function sweepProblem(
  parameter: Parameter,
  text: string,
  trans: TranslationBundle
): string | null {
  const values = splitSweep(text);
  if (text.trim() === '') {
    return trans.__('Enter values, separated by commas.');
  }
  for (const value of values) {
    if (value.trim() === '' && parameter.type !== 'str') {
      return trans.__('A value is missing between two commas.');
    }
    const problem = valueProblem(parameter, value, trans);
    if (problem !== null) {
      return trans.__('%1: %2', value.trim(), problem);
    }
  }
  return null;
}

/** The range of a parameter in words; empty if there is none. */
export function rangeText(
  parameter: Parameter,
  trans: TranslationBundle
): string {
  const { exclusive, exclusive_maximum, maximum, minimum } = parameter;
  const hasEnds = minimum !== null && maximum !== null;
  if (hasEnds && !exclusive && !exclusive_maximum) {
    return trans.__('%1 to %2', minimum, maximum);
  }
  const parts: string[] = [];
  if (minimum !== null) {
    parts.push(
      exclusive
        ? trans.__('more than %1', minimum)
        : trans.__('at least %1', minimum)
    );
  }
  if (maximum !== null) {
    parts.push(
      exclusive_maximum
        ? trans.__('less than %1', maximum)
        : trans.__('at most %1', maximum)
    );
  }
  return parts.join(trans.__(', '));
}

function rangeProblem(
  parameter: Parameter,
  value: number,
  trans: TranslationBundle
): string | null {
  const { exclusive, exclusive_maximum, maximum, minimum } = parameter;
  const isLow =
    minimum !== null && (exclusive ? value <= minimum : value < minimum);
  const isHigh =
    maximum !== null &&
    (exclusive_maximum ? value >= maximum : value > maximum);
  return isLow || isHigh
    ? trans.__('Allowed: %1.', rangeText(parameter, trans))
    : null;
}

function parseNumber(text: string): number | null {
  if (/^[+-]?(inf|infinity|nan)$/i.test(text)) {
    const isNegative = text.startsWith('-');
    return /nan/i.test(text) ? NaN : isNegative ? -Infinity : Infinity;
  }
  const isNumber =
    /^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+)?$/i.test(text);
  return isNumber ? Number(text.replaceAll('_', '')) : null;
}

function isBracketed(text: string, bracket: string): boolean {
  const closing = CLOSING[OPENING.indexOf(bracket)] ?? '';
  return text.startsWith(bracket) && text.endsWith(closing) && text.length > 1;
}
