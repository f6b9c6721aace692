import type { TranslationBundle } from '@jupyterlab/translation';
import type { DoctorReport } from '../contract';
import { JobModel } from '../jobs/job-model';
import type { IJobs } from '../jobs/tokens';

/**
 * Runs the doctor on the server and keeps its last report.
 */
export class DoctorModel extends JobModel<DoctorReport> {
  constructor(options: { jobs: IJobs; trans: TranslationBundle }) {
    super({ ...options, kind: 'doctor', subject: '' });
  }

  /** Examine the environment; does nothing while an examination runs. */
  async run(): Promise<void> {
    await this.start('environment/doctor');
  }
}
