import type { ICodeCellModel } from '@jupyterlab/cells';
import { isCodeCellModel } from '@jupyterlab/cells';
import type {
  ICodeCell,
  INotebookContent,
  MultilineString
} from '@jupyterlab/nbformat';
import type { INotebookModel } from '@jupyterlab/notebook';

/**
 * Put the outputs of a run into an open notebook, where a cell has the same id and source.
 *
 * It is one step for undo. Returns the number of cells that got the outputs of the run.
 */
export function showOutputs(
  notebook: INotebookModel,
  ran: INotebookContent
): number {
  const cells = new Map<string, ICodeCell>();
  for (const cell of ran.cells) {
    if (cell.cell_type === 'code' && typeof cell.id === 'string') {
      cells.set(cell.id, cell as ICodeCell);
    }
  }
  const pairs: [ICodeCellModel, ICodeCell][] = [];
  for (const model of notebook.cells) {
    const cell = cells.get(model.id);
    if (
      cell &&
      isCodeCellModel(model) &&
      model.sharedModel.getSource() === joined(cell.source) &&
      cell.execution_count !== null
    ) {
      pairs.push([model, cell]);
    }
  }
  // In one transaction, JupyterLab would append streams to those that are removed after them.
  notebook.sharedModel.transact(() => {
    for (const [model] of pairs) {
      model.sharedModel.setOutputs([]);
    }
  });
  notebook.sharedModel.transact(() => {
    for (const [model, cell] of pairs) {
      model.sharedModel.setOutputs(cell.outputs);
      model.sharedModel.execution_count = cell.execution_count;
    }
  });
  return pairs.length;
}

function joined(text: MultilineString): string {
  return typeof text === 'string' ? text : text.join('');
}
