import type { TranslationBundle } from '@jupyterlab/translation';
import type { RunRequest } from '../contract';

/** What of a run can be set besides the parameters, as texts of the fields. */
export interface IRunOptions {
  readonly kernel: string;
  readonly timeout: string;
  readonly cellTimeout: string;
  readonly retries: string;
  readonly samples: string;
}

export const NO_OPTIONS: IRunOptions = {
  kernel: '',
  timeout: '',
  cellTimeout: '',
  retries: '',
  samples: ''
};

/** What is wrong with an option; null if nothing is. */
export function optionProblem(
  options: IRunOptions,
  name: keyof IRunOptions,
  trans: TranslationBundle
): string | null {
  const text = options[name].trim();
  if (text === '' || name === 'kernel') {
    return null;
  }
  const value = Number(text);
  if (name === 'timeout' || name === 'cellTimeout') {
    return value > 0 && Number.isFinite(value)
      ? null
      : trans.__('Enter a number of seconds greater than 0.');
  }
  const least = name === 'samples' ? 1 : 0;
  return Number.isInteger(value) && value >= least
    ? null
    : trans.__('Enter a whole number.');
}

/** Whether any option is wrong. */
export function hasOptionProblem(
  options: IRunOptions,
  trans: TranslationBundle
): boolean {
  const names = Object.keys(options) as (keyof IRunOptions)[];
  return names.some(name => optionProblem(options, name, trans) !== null);
}

/** The options as the server takes them. */
export function requestedOptions(
  options: IRunOptions
): Pick<
  RunRequest,
  'cell_timeout_s' | 'kernel' | 'retries' | 'samples' | 'timeout_s'
> {
  return {
    cell_timeout_s: numberOf(options.cellTimeout),
    kernel: options.kernel === '' ? null : options.kernel,
    retries: numberOf(options.retries) ?? 0,
    samples: numberOf(options.samples),
    timeout_s: numberOf(options.timeout)
  };
}

function numberOf(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}
