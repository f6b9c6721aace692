import type { TranslationBundle } from '@jupyterlab/translation';
import type { RunRecord, RunStatus } from '../contract';

/** The states of a run. */
export type RunState = RunRecord['state'];

/** The states in the order in which lists show them. */
export const RUN_STATES: readonly RunState[] = [
  'running',
  'queued',
  'failed',
  'timed_out',
  'lost',
  'cancelled',
  'succeeded'
];

/** A sign for each state, so that colour is not the only one. */
const SIGNS: Readonly<Record<RunState, string>> = {
  queued: '◌',
  running: '●',
  succeeded: '✓',
  failed: '✗',
  cancelled: '⊘',
  timed_out: '⧖',
  lost: '?'
};

/** Whether a run is queued or running. */
export function isActive(status: RunStatus | null | undefined): boolean {
  const state = status?.run.state;
  return state === 'queued' || state === 'running';
}

/** Whether a run has ended before its last cell did. */
export function canResume(status: RunStatus): boolean {
  return !isActive(status) && status.run.state !== 'succeeded';
}

/** The sign of a state. */
export function stateSign(state: RunState): string {
  return SIGNS[state];
}

/** The name of a state. */
export function stateText(state: RunState, trans: TranslationBundle): string {
  switch (state) {
    case 'queued':
      return trans.__('Queued');
    case 'running':
      return trans.__('Running');
    case 'succeeded':
      return trans.__('Succeeded');
    case 'failed':
      return trans._p('run', 'Failed');
    case 'cancelled':
      return trans.__('Cancelled');
    case 'timed_out':
      return trans.__('Timed out');
    case 'lost':
      return trans.__('Lost');
  }
}
