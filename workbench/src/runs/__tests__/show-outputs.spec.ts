import type { ICodeCell, INotebookContent } from '@jupyterlab/nbformat';
import { NotebookModel } from '@jupyterlab/notebook';
import { showOutputs } from '../show-outputs';

function cell(
  id: string,
  source: string,
  count: number | null,
  text?: string
): ICodeCell {
  return {
    cell_type: 'code',
    id,
    source,
    metadata: {},
    execution_count: count,
    outputs:
      text === undefined
        ? []
        : [{ output_type: 'stream', name: 'stdout', text }]
  };
}

function notebook(...cells: ICodeCell[]): INotebookContent {
  return { nbformat: 4, nbformat_minor: 5, metadata: {}, cells };
}

describe('showOutputs', () => {
  it('takes over outputs of unchanged cells, in one step for undo', () => {
    const model = new NotebookModel({ disableDocumentWideUndoRedo: true });
    model.fromJSON(
      notebook(cell('a', 'print(1)', 1, 'old\n'), cell('b', 'print(3)', null))
    );
    model.sharedModel.clearUndoHistory();
    const texts = (): unknown[] =>
      model.toJSON().cells.map(each => (each as ICodeCell).outputs[0]?.text);

    const count = showOutputs(
      model,
      notebook(cell('a', 'print(1)', 4, '1\n'), cell('b', 'print(2)', 5, '2\n'))
    );

    expect(count).toBe(1);
    expect(texts()).toEqual(['1\n', undefined]);
    model.sharedModel.undo();
    expect(texts()).toEqual(['old\n', undefined]);
    model.dispose();
  });
});
