import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { Job, RunStatus } from '../contract';

/**
 * A run that changed, or the id of one that was removed.
 */
export interface IRunChange {
  readonly run: RunStatus | null;
  readonly removed: string | null;
}

/**
 * Background work of the server, followed over one connection for all panels.
 */
export interface IJobs {
  /** Emitted when a job changed, also one that another window started. */
  readonly jobChanged: ISignal<IJobs, Job>;

  /** Emitted when the catalog of the course is to be fetched again. */
  readonly courseChanged: ISignal<IJobs, void>;

  /** Emitted when a run changed or was removed, also by the command line. */
  readonly runChanged: ISignal<IJobs, IRunChange>;

  /** Emitted when the connection is lost or there again. */
  readonly connectionChanged: ISignal<IJobs, void>;

  /** Whether changes arrive; after a loss what was missed is made up for. */
  readonly isConnected: boolean;

  /** The newest job of a kind that works on a subject; null if there is none. */
  latest(kind: Job['kind'], subject: string): Job | null;

  /** Start a job by a POST request, or get the one that already runs. */
  start(route: string, body?: object): Promise<Job>;

  /** Tell a job to stop. */
  cancel(id: string): Promise<Job>;

  /** Get the result of a job that has succeeded. */
  result<T>(id: string): Promise<T>;
}

/**
 * The token of the jobs.
 */
export const IJobs = new Token<IJobs>(
  'paddle-workbench:IJobs',
  'Background work of the server.'
);
