import { make } from '../text/elements';

interface IButtonOptions {
  /** Tells it from the others after a new drawing. */
  readonly key: string;
  readonly signal: AbortSignal;
  readonly isDisabled?: boolean;
  readonly shortcut?: string;
  readonly onClick: () => void;
}

export function button(
  text: string,
  { key, signal, isDisabled = false, shortcut, onClick }: IButtonOptions
): HTMLButtonElement {
  const element = make('button', 'pw-Text-button', text);
  element.type = 'button';
  element.dataset.key = key;
  element.disabled = isDisabled;
  if (shortcut !== undefined) {
    element.title = shortcut;
    element.setAttribute(
      'aria-keyshortcuts',
      shortcut.replace('Ctrl', 'Control')
    );
  }
  element.addEventListener('click', onClick, { signal });
  return element;
}

/** Make a row of a table: the first cell is its head. */
export function row(
  cells: readonly (string | Node)[],
  head: 'th' | 'td' = 'th'
): HTMLTableRowElement {
  const line = make('tr');
  cells.forEach((content, at) => {
    const cell = make(at === 0 ? head : 'td');
    if (cell instanceof HTMLTableCellElement && at === 0 && head === 'th') {
      cell.scope = 'row';
    }
    cell.append(content);
    line.append(cell);
  });
  return line;
}

/** Make the head of a table. */
export function heads(texts: readonly string[]): HTMLTableSectionElement {
  const line = make('tr');
  for (const text of texts) {
    const cell = make('th', '', text);
    cell.scope = 'col';
    line.append(cell);
  }
  const head = make('thead');
  head.append(line);
  return head;
}
