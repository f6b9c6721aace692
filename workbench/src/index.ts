import { checksPlugin } from './checks/checks-plugin';
import { coursePlugin } from './course/course-plugin';
import { lessonPlugin } from './course/lesson-plugin';
import { environmentPlugin } from './environment/environment-plugin';
import { ocrPlugin } from './ocr/ocr-plugin';
import { programPlugin } from './program/program-plugin';
import { resultsPlugin } from './runs/results-plugin';

export default [
  checksPlugin,
  coursePlugin,
  lessonPlugin,
  environmentPlugin,
  ocrPlugin,
  programPlugin,
  resultsPlugin
];
