/**
 * The microscope, for a tab of JupyterLab and for the widget of notebooks.
 */
export { MicroscopeModel } from './microscope-model';
export { MicroscopeView } from './microscope-view';
