import { LabIcon } from '@jupyterlab/ui-components';
import courseSvg from '../style/icons/course.svg';

/** The mark of the course: a paddle, held across a wave. */
export const courseIcon = new LabIcon({
  name: 'paddle-workbench:course',
  svgstr: courseSvg
});
