import type { TranslationBundle } from '@jupyterlab/translation';
import { RequestError } from './request';

/**
 * What went wrong, as a panel shows it.
 */
export interface IFailure {
  readonly message: string;
  readonly hint: string;
}

/**
 * Describe an error of any kind.
 */
export function describeFailure(
  error: unknown,
  trans: TranslationBundle
): IFailure {
  if (error instanceof RequestError) {
    return { message: error.message, hint: error.hint };
  }
  return {
    message: error instanceof Error ? error.message : String(error),
    hint: trans.__('Try again. If the problem persists, reload the page.')
  };
}
