/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { ErrorMessage, Text } from './model';
import type { RunStatus } from './runs';

/**
 * A background job of the server, as in the file `job.json` of its folder.
 */
export interface Job {
  schema_version: number;
  id: string;
  kind: 'check' | 'doctor' | 'export' | 'preflight';
  /**
   * What it works on: for a check the path of the notebook, for an export or preflight `PATH#TARGET` with the path of the bundle.
   */
  subject: string;
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'lost';
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  process_id: number;
  progress: JobProgress;
  error: ErrorMessage | null;
}

/**
 * Jobs, newest first.
 */
export interface JobList {
  jobs: Job[];
}

/**
 * The progress of a job.
 */
export interface JobProgress {
  done: number;
  /**
   * 0 if not known yet.
   */
  total: number;
  /**
   * The current step.
   */
  step: Text | null;
}

/**
 * A job to cancel.
 */
export interface JobRequest {
  id: string;
}

/**
 * One message of the event stream.
 *
 * The stream reports states, not steps: a job that has changed several times since the client last
 * received it is reported once, in its current state.
 */
export interface ServerEvent {
  /**
   * The `after` with which the next connection resumes.
   */
  id: string;
  /**
   * `course`: fetch the catalog again. `run`: a run has changed, or was removed.
   */
  topic: 'job' | 'course' | 'run';
  job: Job | null;
  run: RunStatus | null;
  /**
   * The id of a run that was removed.
   */
  removed_run: string | null;
}
