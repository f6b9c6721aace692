import { make } from '../text/elements';
import type { IDeskItem } from './desk-items';
import type { DeskState } from './desk-state';

/** The cells of a row, and how they show an item. */
export interface IRow<Item> {
  readonly cells: readonly HTMLElement[];
  fill(item: Item, node: HTMLElement): void;
}

interface IItemListOptions<Item extends IDeskItem> {
  readonly state: DeskState<Item>;
  readonly label: string;
  /** Begins the ids of the rows. */
  readonly id: string;
  readonly signal: AbortSignal;
  readonly makeRow: () => IRow<Item>;
  /** Which items are listed, besides the selected one. */
  readonly isListed: (item: Item) => boolean;
  readonly onSelect: () => void;
  readonly onOpen: () => void;
}

interface IEntry<Item> {
  readonly node: HTMLElement;
  readonly number: HTMLElement;
  readonly row: IRow<Item>;
}

/**
 * The items of a page in their order. Nodes of rows are kept while their items exist.
 */
export class ItemList<Item extends IDeskItem> {
  constructor(private readonly _options: IItemListOptions<Item>) {
    const { label, onOpen, onSelect, signal, state } = _options;
    this.node = make('div', 'pw-Desk-items');
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'listbox');
    this.node.setAttribute('aria-label', label);
    this.node.addEventListener(
      'click',
      event => {
        const row = (event.target as Element).closest('[data-item]');
        if (row instanceof HTMLElement) {
          state.selected = Number(row.dataset.item);
          onSelect();
        }
      },
      { signal }
    );
    this.node.addEventListener('dblclick', onOpen, { signal });
  }

  readonly node: HTMLElement;

  draw(): void {
    const { isListed, state } = this._options;
    const listed = state.items.filter(
      item => item.id === state.selected || isListed(item)
    );
    const places = new Map(state.items.map((item, at) => [item.id, at + 1]));
    const nodes = listed.map(item => {
      const entry = this._entries.get(item.id) ?? this._make(item.id);
      entry.number.textContent = String(places.get(item.id) ?? 0);
      entry.row.fill(item, entry.node);
      return entry.node;
    });
    for (const id of this._entries.keys()) {
      if (!places.has(id)) {
        this._entries.delete(id);
      }
    }
    const same =
      nodes.length === this.node.childElementCount &&
      nodes.every((node, at) => this.node.children[at] === node);
    if (!same) {
      this.node.replaceChildren(...nodes);
    }
    this._markSelected();
  }

  private _markSelected(): void {
    const row = this._entries.get(this._options.state.selected ?? -1);
    if (row !== this._marked) {
      this._marked?.node.setAttribute('aria-selected', 'false');
      this._marked = row;
    }
    row?.node.setAttribute('aria-selected', 'true');
    if (row) {
      this.node.setAttribute('aria-activedescendant', row.node.id);
      // Not scrollIntoView, which would scroll the notebook too.
      const { offsetTop, offsetHeight } = row.node;
      const { scrollTop, clientHeight } = this.node;
      if (offsetTop < scrollTop) {
        this.node.scrollTop = offsetTop;
      } else if (offsetTop + offsetHeight > scrollTop + clientHeight) {
        this.node.scrollTop = offsetTop + offsetHeight - clientHeight;
      }
    } else {
      this.node.removeAttribute('aria-activedescendant');
    }
  }

  private _make(id: number): IEntry<Item> {
    const node = make('div', 'pw-Desk-item');
    node.id = `${this._options.id}-${id}`;
    node.dataset.item = String(id);
    node.setAttribute('role', 'option');
    node.setAttribute('aria-selected', 'false');
    const number = make('span', 'pw-Desk-number');
    const row = this._options.makeRow();
    node.append(number, ...row.cells);
    const entry = { node, number, row };
    this._entries.set(id, entry);
    return entry;
  }

  private readonly _entries = new Map<number, IEntry<Item>>();
  private _marked: IEntry<Item> | undefined;
}
