import { LabIcon } from '@jupyterlab/ui-components';
import courseSvg from '../style/icons/course.svg';
import lessonSvg from '../style/icons/lesson.svg';

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
