import type { ITranslation } from '../../translation';
import type { Child } from '../data/layer-tree';
import { LayerTree, ROOT } from '../data/layer-tree';
import { milliseconds, opCount } from './amounts';
import { element } from './dom';
import type { MicroscopeModel } from './microscope-model';

const ROW_HEIGHT = 22;
const INDENT = 14;
/** Rows drawn beyond the visible ones. */
const SPARE = 6;

interface IItem {
  readonly child: Child;
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
}

/**
 * The graph as a tree of layers and ops, for keyboards and screen readers; only visible rows are in
 * the page.
 */
export class OpTree {
  constructor(
    private readonly _model: MicroscopeModel,
    private readonly _trans: ITranslation,
    signal: AbortSignal
  ) {
    this.node = element('div', 'pw-OpTree');
    this.node.setAttribute('role', 'tree');
    this.node.setAttribute('aria-label', _trans.__('Layers and ops'));
    this.node.tabIndex = 0;
    this._sheet = element('div', 'pw-OpTree-sheet');
    this._sheet.setAttribute('role', 'presentation');
    this.node.append(this._sheet);
    _model.on(
      'scene',
      () => {
        this.refresh();
      },
      signal
    );
    _model.on(
      'family',
      () => {
        this._draw();
      },
      signal
    );
    _model.on(
      'focus',
      () => {
        this._onFocus();
      },
      signal
    );
    this._listen(signal);
  }

  readonly node: HTMLElement;

  /** The tree is only kept up to date while it is shown. */
  set isShown(isShown: boolean) {
    this._isShown = isShown;
    this.refresh();
  }

  refresh(): void {
    const { data, stage, constants, index } = this._model;
    if (!this._isShown || !index) {
      return;
    }
    const key = `${stage} ${String(constants)}`;
    if (this._key !== key) {
      this._tree = new LayerTree(data, stage, { constants });
      this._key = key;
    }
    this._items = [];
    this._flatten(ROOT, 1);
    this._sheet.style.height = `${this._items.length * ROW_HEIGHT}px`;
    this._draw();
  }

  private _flatten(group: number, level: number): void {
    const children = this._tree?.group(group).children ?? [];
    children.forEach((child, at) => {
      const siblings = children.length;
      this._items.push({ child, level, position: at + 1, siblings });
      if (child < 0 && this._isOpen(child)) {
        this._flatten(~child, level + 1);
      }
    });
  }

  private _isOpen(child: Child): boolean {
    const key = this._tree?.group(~child).key;
    return key !== undefined && this._model.isOpen(key);
  }

  private _draw(): void {
    if (!this._isShown) {
      return;
    }
    const { scrollTop, clientHeight } = this.node;
    const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - SPARE);
    const count = Math.ceil(clientHeight / ROW_HEIGHT) + 2 * SPARE;
    const lit = this._lit();
    const rows = this._items
      .slice(first, first + count)
      .map((item, at) => this._row(item, first + at, lit));
    this._sheet.replaceChildren(...rows);
    this.node.setAttribute(
      'aria-activedescendant',
      this._active >= first && this._active < first + count
        ? this._idOf(this._active)
        : ''
    );
  }

  private _lit(): ReadonlySet<number> {
    const { families, family, stage } = this._model;
    return new Set(family ? families.rowsIn(stage, family).keys() : []);
  }

  private _row(item: IItem, at: number, lit: ReadonlySet<number>): HTMLElement {
    const { child, level, position, siblings } = item;
    const row = element('div', 'pw-OpTree-item');
    row.id = this._idOf(at);
    row.style.top = `${at * ROW_HEIGHT}px`;
    row.style.paddingInlineStart = `${(level - 1) * INDENT + 4}px`;
    row.setAttribute('role', 'treeitem');
    row.setAttribute('aria-level', String(level));
    row.setAttribute('aria-posinset', String(position));
    row.setAttribute('aria-setsize', String(siblings));
    row.dataset.at = String(at);
    const isActive = at === this._active;
    row.setAttribute('aria-selected', String(isActive));
    row.classList.toggle('pw-mod-active', isActive);
    if (child >= 0) {
      const { data } = this._model;
      const output = data.outputsOf(child)[0];
      row.classList.toggle('pw-mod-lit', lit.has(child));
      row.append(
        element('span', 'pw-OpTree-mark', '·'),
        element('span', 'pw-OpTree-name', data.opKind(child)),
        element('span', 'pw-OpTree-note', output?.shape ?? '')
      );
      const { measuredMs } = data.cost(child);
      if (measuredMs > 0) {
        row.append(element('span', 'pw-OpTree-time', milliseconds(measuredMs)));
      }
    } else {
      const group = this._tree?.group(~child);
      const isOpen = this._isOpen(child);
      row.setAttribute('aria-expanded', String(isOpen));
      const mark = element('span', 'pw-OpTree-mark', isOpen ? '▾' : '▸');
      mark.setAttribute('aria-hidden', 'true');
      row.append(
        mark,
        element('span', 'pw-OpTree-name', group?.name ?? ''),
        element(
          'span',
          'pw-OpTree-note',
          opCount(group?.size ?? 0, this._trans)
        )
      );
    }
    return row;
  }

  private _idOf(at: number): string {
    return `${this._prefix}-${at}`;
  }

  private _listen(signal: AbortSignal): void {
    const at = (event: Event): number => {
      const row = (event.target as Element).closest<HTMLElement>('[data-at]');
      return Number(row?.dataset.at ?? -1);
    };
    const options = { signal };
    this.node.addEventListener(
      'scroll',
      () => {
        this._draw();
      },
      options
    );
    this.node.addEventListener(
      'click',
      event => {
        const item = this._items[at(event)];
        if (item) {
          this._active = at(event);
          this._choose(item);
        }
      },
      options
    );
    this.node.addEventListener(
      'keydown',
      event => {
        if (this._onKey(event.key)) {
          event.preventDefault();
          event.stopPropagation();
        }
      },
      options
    );
  }

  private _choose({ child }: IItem): void {
    if (child < 0) {
      const key = this._tree?.group(~child).key;
      if (key !== undefined) {
        void this._model.toggle(key);
      }
      return;
    }
    const { data, stage } = this._model;
    this._model.pin({ kind: 'ops', stage, ids: [data.opId[child] ?? -1] });
    void this._model.reveal(child);
  }

  private _onKey(key: string): boolean {
    const item = this._items[this._active];
    switch (key) {
      case 'ArrowDown':
        return this._go(this._active + 1);
      case 'ArrowUp':
        return this._go(this._active - 1);
      case 'Home':
        return this._go(0);
      case 'End':
        return this._go(this._items.length - 1);
      case 'ArrowRight':
        return this._unfold(item);
      case 'ArrowLeft':
        return this._fold(item);
      case 'Enter':
      case ' ':
        if (item) {
          this._choose(item);
        }
        return true;
      default:
        return false;
    }
  }

  private _unfold(item: IItem | undefined): boolean {
    if (item && item.child < 0) {
      if (this._isOpen(item.child)) {
        return this._go(this._active + 1);
      }
      this._choose(item);
    }
    return true;
  }

  private _fold(item: IItem | undefined): boolean {
    if (item && item.child < 0 && this._isOpen(item.child)) {
      this._choose(item);
    } else if (item) {
      for (let at = this._active - 1; at >= 0; at--) {
        if ((this._items[at]?.level ?? 0) < item.level) {
          return this._go(at);
        }
      }
    }
    return true;
  }

  private _go(at: number): boolean {
    this._active = Math.min(this._items.length - 1, Math.max(0, at));
    const top = this._active * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.node;
    if (top < scrollTop || top + ROW_HEIGHT > scrollTop + clientHeight) {
      this.node.scrollTop = top - clientHeight / 2;
    }
    const child = this._items[this._active]?.child;
    if (child !== undefined && child >= 0) {
      const { data, stage } = this._model;
      this._model.point({
        kind: 'ops',
        stage,
        ids: [data.opId[child] ?? -1]
      });
    }
    this._draw();
    return true;
  }

  private _onFocus(): void {
    const { focus } = this._model;
    const at = this._items.findIndex(item => item.child === focus);
    if (at >= 0) {
      this._active = at;
      this._draw();
    }
  }

  private readonly _prefix = `pw-op-${(nextPrefix++).toString(36)}`;
  private readonly _sheet: HTMLElement;
  private _tree: LayerTree | null = null;
  private _key = '';
  private _items: IItem[] = [];
  private _active = 0;
  private _isShown = false;
}

let nextPrefix = 0;
