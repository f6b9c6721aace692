import { checksPlugin } from './checks/checks-plugin';
import { codesPlugin } from './codes/codes-plugin';
import { coursePlugin } from './course/course-plugin';
import { lessonPlugin } from './course/lesson-plugin';
import { resultsPlugin } from './course/results-plugin';
import { environmentPlugin } from './environment/environment-plugin';
import { exportPlugin } from './export/export-plugin';
import { jobsPlugin } from './jobs/jobs-plugin';
import { ocrPlugin } from './ocr/ocr-plugin';
import { programPlugin } from './program/program-plugin';
import { returnedOutputsPlugin } from './runs/returned-outputs-plugin';
import { runsPlugin } from './runs/runs-plugin';
import { twinsPlugin } from './twins/twins-plugin';

export default [
  checksPlugin,
  codesPlugin,
  coursePlugin,
  lessonPlugin,
  environmentPlugin,
  exportPlugin,
  jobsPlugin,
  ocrPlugin,
  programPlugin,
  resultsPlugin,
  returnedOutputsPlugin,
  runsPlugin,
  twinsPlugin
];
