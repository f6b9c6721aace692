import { coursePlugin } from './course/course-plugin';
import { lessonPlugin } from './course/lesson-plugin';
import { environmentPlugin } from './environment/environment-plugin';
import { programPlugin } from './program/program-plugin';
import { resultsPlugin } from './runs/results-plugin';

export default [
  coursePlugin,
  lessonPlugin,
  environmentPlugin,
  resultsPlugin,
  programPlugin
];
