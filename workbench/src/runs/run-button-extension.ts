import type { JupyterFrontEnd } from '@jupyterlab/application';
import { CommandToolbarButton } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { CommandIDs } from './tokens';

const NAME = 'paddle-workbench-run-as-experiment';

/**
 * Puts the button "Run as experiment" into the toolbar of notebooks.
 */
export class RunButtonExtension implements DocumentRegistry.IWidgetExtension<
  NotebookPanel,
  INotebookModel
> {
  constructor(private readonly _commands: JupyterFrontEnd['commands']) {}

  createNew(panel: NotebookPanel): IDisposable {
    const button = new CommandToolbarButton({
      commands: this._commands,
      id: CommandIDs.runAsExperiment,
      label: ''
    });
    panel.toolbar.insertBefore('kernelName', NAME, button);
    return button;
  }
}
