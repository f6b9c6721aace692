/**
 * The front door of the microscope, for tabs in JupyterLab and for the notebook widget.
 */
export { MicroscopeModel } from './microscope-model';
export { MicroscopeView } from './microscope-view';
