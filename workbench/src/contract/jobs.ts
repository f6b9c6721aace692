/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { ErrorMessage, Text } from './model';

/**
 * Background work of the server, as in the file `job.json` of its folder.
 */
export interface Job {
  schema_version: number;
  id: string;
  kind: 'check' | 'doctor';
  /**
   * What it works on; of a check the path of the notebook.
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
 * Jobs, the newest first.
 */
export interface JobList {
  jobs: Job[];
}

/**
 * How far a job is.
 */
export interface JobProgress {
  done: number;
  /**
   * 0 as long as it is not known.
   */
  total: number;
  /**
   * What is being done.
   */
  step: Text | null;
}

/**
 * Which job to cancel.
 */
export interface JobRequest {
  id: string;
}

/**
 * One message of the stream of events.
 *
 * The stream is one of states, not of steps: a subject that has changed several times since the
 * client last heard of it is reported once, as it is now.
 */
export interface ServerEvent {
  /**
   * Where to resume: the `after` of the next connection.
   */
  id: string;
  /**
   * `course`: fetch the catalog again.
   */
  topic: 'job' | 'course';
  job: Job | null;
}
