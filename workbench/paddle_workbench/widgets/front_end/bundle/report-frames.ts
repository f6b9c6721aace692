/** Serves the pages of bundles in a notebook that was converted to HTML, which has one runtime. */
import { serveFrames } from '../../../../src/page-frame';

serveFrames(
  () => document.querySelectorAll<HTMLIFrameElement>('iframe.pw-PageFrame'),
  name =>
    name === 'pw-runtime'
      ? document.getElementById(name)?.textContent
      : undefined
);
