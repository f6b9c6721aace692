import type { INotebookTracker } from '@jupyterlab/notebook';

/** Show a cell of an open notebook; false if the notebook or the cell is not there. */
export async function revealCell(
  notebooks: INotebookTracker,
  path: string,
  cell: string
): Promise<boolean> {
  const panel = notebooks.find(({ context }) => context.path === path);
  const cells = panel?.content.model?.cells ?? [];
  const index = Array.from(cells).findIndex(({ id }) => id === cell);
  if (!panel || index < 0) {
    return false;
  }
  panel.content.activeCellIndex = index;
  await panel.content.scrollToItem(index, 'center');
  panel.content.activate();
  return true;
}
