import type { ITranslation } from './base/translation';
import type { IModel, ITraits } from './base/model';
import { defineWidget } from './base/widget';
import {
  cellOf,
  settingOf,
  shownColumns,
  shownRows,
  variantOf
} from './ledger-view/ledger-rows';
import type { Column, ILedgerRow, IView } from './ledger-view/ledger-rows';
import { choice, freshId, make } from './text/elements';
import chinese from './ledger-view.zh.json';

interface ILedgerTraits extends ITraits {
  title: string;
  rows: readonly ILedgerRow[];
  notes: readonly string[];
  variants: readonly string[];
  baseline: string;
  sort_by: string;
  descending: boolean;
  hidden: readonly string[];
  setting: string;
}

const VIEW_TRAITS = [
  'rows',
  'baseline',
  'sort_by',
  'descending',
  'hidden',
  'setting'
] as const;

export default defineWidget<ILedgerTraits>(
  chinese,
  ({ model, root, trans, signal, onChange }) => {
    root.classList.add('pw-LedgerView');
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', trans.__('Ledger'));
    const opened = new Set<string>();
    const bar = make('div', 'pw-Text-bar');
    const scroll = make('div', 'pw-Text-scroll');
    const count = make('p', 'pw-Text-note');
    count.setAttribute('aria-live', 'polite');
    root.append(
      make('p', 'pw-LedgerView-title', model.get('title')),
      bar,
      scroll,
      count,
      notes(model.get('notes'))
    );
    let end = new AbortController();

    const draw = (): void => {
      const focused = focusIn(root);
      end.abort();
      end = new AbortController();
      const view = viewOf(model);
      const rows = model.get('rows');
      const shown = shownRows(rows, view);
      bar.replaceChildren(...controls(model, view, trans, end.signal));
      scroll.replaceChildren(
        table(shown, shownColumns(rows), view, {
          trans,
          signal: end.signal,
          opened,
          sort: column => {
            set(model, {
              sort_by: view.sortBy === column && view.descending ? '' : column,
              descending: view.sortBy === column && !view.descending
            });
          }
        })
      );
      count.textContent = trans.__('%1 of %2 rows', shown.length, rows.length);
      root.querySelector<HTMLElement>(focused)?.focus();
    };
    for (const name of VIEW_TRAITS) {
      onChange(name, draw);
    }
    signal.addEventListener('abort', () => {
      end.abort();
    });
    draw();
    return undefined;
  }
);

function viewOf(model: IModel<ILedgerTraits>): IView {
  return {
    baseline: model.get('baseline'),
    sortBy: model.get('sort_by'),
    descending: model.get('descending'),
    hidden: model.get('hidden'),
    setting: model.get('setting')
  };
}

function set(
  model: IModel<ILedgerTraits>,
  values: Partial<ILedgerTraits>
): void {
  for (const [name, value] of Object.entries(values)) {
    model.set(name as keyof ILedgerTraits, value);
  }
  model.save_changes();
}

/** A selector of the control that has the focus, which a new drawing gives back to it. */
function focusIn(root: HTMLElement): string {
  const active = root.getRootNode() as Document | ShadowRoot;
  const key = active.activeElement?.getAttribute('data-key');
  return key ? `[data-key="${CSS.escape(key)}"]` : ':not(*)';
}

/** What chooses the baseline, the setting and the variants. */
function controls(
  model: IModel<ILedgerTraits>,
  view: IView,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement[] {
  const variants = model.get('variants');
  const baseline = choice(
    trans.__('Baseline'),
    variants.map(name => [name, name] as const),
    view.baseline
  );
  baseline.select.dataset.key = 'baseline';
  baseline.select.addEventListener(
    'change',
    () => {
      set(model, { baseline: baseline.select.value });
    },
    { signal }
  );
  const settings = [...new Set(model.get('rows').map(settingOf))];
  const setting = choice(
    trans.__('Threads × batch'),
    [
      ['', trans.__('all')] as const,
      ...settings.map(each => [each, each] as const)
    ],
    view.setting
  );
  setting.select.dataset.key = 'setting';
  setting.select.addEventListener(
    'change',
    () => {
      set(model, { setting: setting.select.value });
    },
    { signal }
  );
  const filter = make('div', 'pw-LedgerView-filter');
  filter.setAttribute('role', 'group');
  filter.setAttribute('aria-label', trans.__('Variants'));
  for (const name of variants) {
    const isShown = !view.hidden.includes(name);
    const button = make(
      'button',
      'pw-Text-button',
      `${isShown ? '✓' : '−'} ${name}`
    );
    button.setAttribute('aria-label', name);
    button.setAttribute('aria-pressed', String(isShown));
    button.dataset.key = `variant ${name}`;
    button.addEventListener(
      'click',
      () => {
        set(model, {
          hidden: isShown
            ? [...view.hidden, name]
            : view.hidden.filter(each => each !== name)
        });
      },
      { signal }
    );
    filter.append(button);
  }
  return [baseline.label, setting.label, filter];
}

interface ITableOptions {
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  /** The rows whose details are open, by variant and setting. */
  readonly opened: Set<string>;
  sort(column: Column): void;
}

function table(
  rows: readonly ILedgerRow[],
  columns: readonly Column[],
  view: IView,
  options: ITableOptions
): HTMLElement {
  const { trans, signal } = options;
  const element = make('table', 'pw-LedgerView-table');
  const head = make('tr');
  for (const column of columns) {
    const isSorted = view.sortBy === column;
    const cell = make('th');
    cell.scope = 'col';
    cell.setAttribute(
      'aria-sort',
      isSorted ? (view.descending ? 'descending' : 'ascending') : 'none'
    );
    const sign = isSorted ? (view.descending ? ' ▾' : ' ▴') : '';
    const button = make(
      'button',
      'pw-LedgerView-sort',
      `${columnName(column, trans)}${sign}`
    );
    button.dataset.key = `sort ${column}`;
    button.addEventListener(
      'click',
      () => {
        options.sort(column);
      },
      { signal }
    );
    cell.append(button);
    head.append(cell);
  }
  const header = make('thead');
  header.append(head);
  const body = make('tbody');
  for (const row of rows) {
    body.append(...lines(row, columns, view, options));
  }
  element.append(header, body);
  return element;
}

/** A row of the table, and the one below it that says how it was measured. */
function lines(
  row: ILedgerRow,
  columns: readonly Column[],
  view: IView,
  { trans, signal, opened }: ITableOptions
): HTMLElement[] {
  const name = variantOf(row);
  const key = `${name} ${settingOf(row)}`;
  const line = make('tr');
  line.classList.toggle('pw-mod-baseline', name === view.baseline);
  line.classList.toggle('pw-mod-problem', row.problems.length > 0);
  const details = make('tr', 'pw-LedgerView-details');
  details.id = freshId('pw-ledger');
  const cell = make('td');
  cell.colSpan = columns.length;
  cell.append(
    ...detailsOf(row, trans).map(text => make('p', 'pw-Text-note', text))
  );
  details.append(cell);
  const show = (isOpen: boolean): void => {
    details.hidden = !isOpen;
    button.setAttribute('aria-expanded', String(isOpen));
  };
  const signs = [
    name === view.baseline ? '◆' : '',
    row.problems.length > 0 ? '⚠' : ''
  ];
  const button = make(
    'button',
    'pw-LedgerView-variant',
    [...signs, name].filter(Boolean).join(' ')
  );
  button.setAttribute('aria-controls', details.id);
  button.dataset.key = `row ${key}`;
  button.addEventListener(
    'click',
    () => {
      const isOpen = !opened.delete(key);
      if (isOpen) {
        opened.add(key);
      }
      show(isOpen);
    },
    { signal }
  );
  show(opened.has(key));
  for (const column of columns) {
    if (column === 'variant') {
      const head = make('th');
      head.scope = 'row';
      head.append(button);
      line.append(head);
    } else {
      line.append(make('td', '', cellOf(row, column, view.baseline)));
    }
  }
  return [line, details];
}

function detailsOf(row: ILedgerRow, trans: ITranslation): string[] {
  const { values } = row;
  const sentences = [
    row.title,
    trans.__('%1 timed calls in %2 rounds.', values.calls ?? 0, row.rounds)
  ];
  if (typeof values.import_ms === 'number') {
    const seconds = (values.import_ms / 1000).toFixed(2);
    sentences.push(trans.__('Importing its modules took %1 s.', seconds));
  }
  if (Number(values.inputs ?? 0) > 0) {
    sentences.push(trans.__('Decisions about %1 inputs.', values.inputs ?? 0));
  }
  return [...sentences, ...row.problems];
}

function notes(sentences: readonly string[]): HTMLElement {
  const list = make('ul', 'pw-Text-note');
  list.append(...sentences.map(sentence => make('li', '', sentence)));
  return list;
}

function columnName(column: Column, trans: ITranslation): string {
  switch (column) {
    case 'variant':
      return trans.__('variant');
    case 'threads':
      return trans.__('threads');
    case 'batch':
      return trans.__('batch');
    case 'accuracy':
      return trans.__('accuracy');
    case 'difference':
      return trans.__('difference');
    case 'changed':
      return trans.__('changed');
    case 'p50_ms':
      return trans.__('p50 ms');
    case 'p90_ms':
      return trans.__('p90');
    case 'p99_ms':
      return trans.__('p99');
    case 'ratio':
      return trans.__('ratio');
    case 'rows_per_s':
      return trans.__('rows/s');
    case 'peak_mib':
      return trans.__('memory MiB');
    case 'size_mib':
      return trans.__('files MiB');
    case 'load_ms':
      return trans.__('load ms');
  }
}
