import type { TranslationBundle } from '@jupyterlab/translation';
import type { RunRecord, RunRequest } from '../contract';

/** Where the kernel of a run is. */
export type RunBackend = RunRecord['backend'];

/** What of a run can be set besides the parameters, as texts of the fields. */
export interface IRunOptions {
  readonly backend: RunBackend;
  /** Of the Ray cluster. */
  readonly address: string;
  readonly kernel: string;
  readonly timeout: string;
  readonly cellTimeout: string;
  readonly retries: string;
  readonly samples: string;
  readonly snapshots: boolean;
}

/** The options that are typed. */
export type TextOption = Exclude<
  keyof IRunOptions,
  'backend' | 'kernel' | 'snapshots'
>;

const TEXT_OPTIONS: readonly TextOption[] = [
  'address',
  'timeout',
  'cellTimeout',
  'retries',
  'samples'
];

/** `auto`, or a host and a port. */
const ADDRESS = /^(auto|(ray:\/\/)?([\w.-]+|\[[\da-f:]+\]):\d+)$/i;

export const NO_OPTIONS: IRunOptions = {
  backend: 'local',
  address: '',
  kernel: '',
  timeout: '',
  cellTimeout: '',
  retries: '',
  samples: '',
  snapshots: false
};

/** What is wrong with an option; null if nothing is. */
export function optionProblem(
  options: IRunOptions,
  name: TextOption,
  trans: TranslationBundle
): string | null {
  const text = options[name].trim();
  if (name === 'address') {
    return options.backend === 'local' || ADDRESS.test(text)
      ? null
      : trans.__('Enter HOST:PORT, ray://HOST:PORT, or auto.');
  }
  if (text === '') {
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
  return TEXT_OPTIONS.some(
    name => optionProblem(options, name, trans) !== null
  );
}

/** The options as the server takes them. */
export function requestedOptions(
  options: IRunOptions
): Pick<
  RunRequest,
  | 'address'
  | 'backend'
  | 'cell_timeout_s'
  | 'kernel'
  | 'retries'
  | 'samples'
  | 'snapshots'
  | 'timeout_s'
> {
  const { backend } = options;
  return {
    address: backend === 'ray' ? options.address.trim() : null,
    backend,
    cell_timeout_s: numberOf(options.cellTimeout),
    kernel: options.kernel === '' ? null : options.kernel,
    retries: numberOf(options.retries) ?? 0,
    samples: numberOf(options.samples),
    // Runs on a cluster keep none.
    snapshots: options.snapshots && backend === 'local',
    timeout_s: numberOf(options.timeout)
  };
}

function numberOf(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}
