import { cellOf, shownColumns, shownRows, variantOf } from '../ledger-rows';
import type { ILedgerRow, IView } from '../ledger-rows';

const VIEW: IView = {
  baseline: 'a',
  sortBy: '',
  descending: false,
  hidden: [],
  setting: ''
};

function row(
  variant: string,
  batch: number,
  p50: number | null,
  ratio: number | null = null
): ILedgerRow {
  return {
    values: { variant, batch, threads: 1, p50_ms: p50, size_bytes: null },
    cells: { variant, batch: String(batch), p50_ms: String(p50 ?? '–') },
    ratios: { a: [ratio, ratio === null ? '–' : ratio.toFixed(2)] },
    title: variant,
    rounds: 9,
    problems: []
  };
}

const ROWS = [
  row('b', 1, 10, 2),
  row('a', 1, 9, 1),
  row('c', 1, null),
  row('a', 8, 100, 1)
];

function names(view: Partial<IView>): string[] {
  return shownRows(ROWS, { ...VIEW, ...view }).map(variantOf);
}

describe('the rows of a ledger', () => {
  it('are in the order of the run, or sorted as numbers with gaps last', () => {
    expect(names({})).toEqual(['b', 'a', 'c', 'a']);
    expect(names({ sortBy: 'p50_ms' })).toEqual(['a', 'b', 'a', 'c']);
    expect(names({ sortBy: 'p50_ms', descending: true })).toEqual([
      'a',
      'b',
      'a',
      'c'
    ]);
    expect(names({ sortBy: 'variant' })).toEqual(['a', 'a', 'b', 'c']);
    expect(names({ sortBy: 'ratio', descending: true })[0]).toBe('b');
    expect(names({ sortBy: 'nothing' })).toEqual(['b', 'a', 'c', 'a']);
  });

  it('are those of the chosen variants and setting', () => {
    expect(names({ hidden: ['a'] })).toEqual(['b', 'c']);
    expect(names({ setting: '1×8' })).toEqual(['a']);
  });

  it('show the ratio to the pinned baseline', () => {
    const ratios = (baseline: string): string[] =>
      ROWS.map(each => cellOf(each, 'ratio', baseline));
    expect(ratios('a')).toEqual(['2.00', '1.00', '–', '1.00']);
    expect(ratios('unknown')[0]).toBe('–');
  });

  it('leave out columns without anything', () => {
    expect(shownColumns(ROWS)).toEqual(['variant', 'batch', 'p50_ms', 'ratio']);
  });
});
