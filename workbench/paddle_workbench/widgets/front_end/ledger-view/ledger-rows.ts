/** The columns of the table, in their order. */
export const COLUMNS = [
  'variant',
  'threads',
  'batch',
  'accuracy',
  'difference',
  'changed',
  'p50_ms',
  'p90_ms',
  'p99_ms',
  'ratio',
  'rows_per_s',
  'peak_mib',
  'size_mib',
  'load_ms'
] as const;

export type Column = (typeof COLUMNS)[number];

/** A variant with a batch and a number of threads, as the kernel sends it. */
export interface ILedgerRow {
  readonly values: Readonly<Record<string, string | number | null>>;
  readonly cells: Readonly<Record<string, string>>;
  /** For each baseline the ratio, and how it is written. */
  readonly ratios: Readonly<Record<string, readonly [number | null, string]>>;
  readonly title: string;
  readonly rounds: number;
  readonly problems: readonly string[];
}

/** What is shown, and in which order. */
export interface IView {
  readonly baseline: string;
  /** A column, or empty for the order of the run. */
  readonly sortBy: string;
  readonly descending: boolean;
  readonly hidden: readonly string[];
  /** Threads and batch as `1×8`, or empty for all. */
  readonly setting: string;
}

/** Where the number of a column is, if not under the name of the column. */
const VALUES: Partial<Record<Column, string>> = {
  peak_mib: 'peak_bytes',
  size_mib: 'size_bytes'
};

export function isColumn(name: string): name is Column {
  return COLUMNS.some(column => column === name);
}

export function variantOf(row: ILedgerRow): string {
  return String(row.values.variant ?? '');
}

export function settingOf(row: ILedgerRow): string {
  return `${row.values.threads ?? ''}×${row.values.batch ?? ''}`;
}

/** What is written in a column. */
export function cellOf(
  row: ILedgerRow,
  column: Column,
  baseline: string
): string {
  return column === 'ratio'
    ? (row.ratios[baseline]?.[1] ?? '–')
    : (row.cells[column] ?? '–');
}

/** The rows that a view shows, in its order; what has no number comes last in either direction. */
export function shownRows(
  rows: readonly ILedgerRow[],
  view: IView
): readonly ILedgerRow[] {
  const shown = rows.filter(
    row =>
      !view.hidden.includes(variantOf(row)) &&
      (view.setting === '' || settingOf(row) === view.setting)
  );
  const { sortBy } = view;
  if (!isColumn(sortBy)) {
    return shown;
  }
  const direction = view.descending ? -1 : 1;
  return [...shown].sort((one, other) => {
    const [first, second] = [one, other].map(row =>
      valueOf(row, sortBy, view.baseline)
    );
    if (first === null || first === undefined) {
      return second === null || second === undefined ? 0 : 1;
    }
    if (second === null || second === undefined) {
      return -1;
    }
    if (typeof first === 'number' && typeof second === 'number') {
      return direction * (first - second);
    }
    return direction * String(first).localeCompare(String(second));
  });
}

/** The columns in which any row has something. */
export function shownColumns(rows: readonly ILedgerRow[]): readonly Column[] {
  return COLUMNS.filter(
    column =>
      column === 'ratio' || rows.some(row => (row.cells[column] ?? '–') !== '–')
  );
}

function valueOf(
  row: ILedgerRow,
  column: Column,
  baseline: string
): string | number | null {
  return column === 'ratio'
    ? (row.ratios[baseline]?.[0] ?? null)
    : (row.values[VALUES[column] ?? column] ?? null);
}
