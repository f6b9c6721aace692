import { LabIcon } from '@jupyterlab/ui-components';
import courseSvg from '../style/icons/course.svg';
import lessonSvg from '../style/icons/lesson.svg';
import runsSvg from '../style/icons/runs.svg';

/** The icon of the course: a paddle. */
export const courseIcon = new LabIcon({
  name: 'paddle-workbench:course',
  svgstr: courseSvg
});

/** The icon of a lesson: a page with its first line checked. */
export const lessonIcon = new LabIcon({
  name: 'paddle-workbench:lesson',
  svgstr: lessonSvg
});

/** The icon of the runs: a curve that several runs drew. */
export const runsIcon = new LabIcon({
  name: 'paddle-workbench:runs',
  svgstr: runsSvg
});
