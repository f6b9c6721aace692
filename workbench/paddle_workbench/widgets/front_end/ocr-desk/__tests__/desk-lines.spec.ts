import type { Point } from '../../desk/desk-items';
import { bounds, contains, itemInPlace, nextItem } from '../../desk/desk-items';
import type { IDeskLine } from '../desk-lines';
import { codePointsBefore, statusOf } from '../desk-lines';

function line(id: number, more: Partial<IDeskLine> = {}): IDeskLine {
  return {
    id,
    text: `line ${id}`,
    points: [],
    confidence: 0.5,
    checked: false,
    difficult: false,
    ...more
  };
}

const LINES = [1, 2, 3, 4].map(id => line(id, { checked: id % 2 === 1 }));

describe('the lines of a page', () => {
  it('are checked, doubtful or sure', () => {
    expect(statusOf(line(1), 0.9)).toBe('doubtful');
    expect(statusOf(line(1), 0.4)).toBe('sure');
    expect(statusOf(line(1, { confidence: null }), 0)).toBe('doubtful');
    expect(statusOf(line(1, { checked: true }), 0.9)).toBe('checked');
  });

  it('are walked in both directions, round the end', () => {
    const any = (): boolean => true;
    expect(nextItem(LINES, 2, 1, any)).toBe(3);
    expect(nextItem(LINES, 4, 1, any)).toBe(1);
    expect(nextItem(LINES, 1, -1, any)).toBe(4);
    expect(nextItem(LINES, null, 1, any)).toBe(1);
    expect(nextItem(LINES, null, -1, any)).toBe(4);
  });

  it('are passed over where they are not wanted, and never end in a circle', () => {
    const unchecked = (each: IDeskLine): boolean => !each.checked;
    expect(nextItem(LINES, 2, 1, unchecked)).toBe(4);
    expect(nextItem(LINES, 2, -1, unchecked)).toBe(4);
    expect(nextItem([line(7)], 7, 1, unchecked)).toBeNull();
    expect(nextItem([], null, 1, unchecked)).toBeNull();
  });

  it('pass the selection on when one is removed', () => {
    const left = LINES.filter(each => each.id !== 2);
    expect(itemInPlace(left, LINES, 2)).toBe(3);
    expect(itemInPlace(left, LINES, 4)).toBe(4);
    expect(itemInPlace(LINES.slice(0, 3), LINES, 4)).toBe(3);
    expect(itemInPlace([], LINES, 4)).toBeNull();
  });
});

describe('a box', () => {
  const slant: Point[] = [
    [0, 0],
    [10, 5],
    [8, 9],
    [-2, 4]
  ];

  it('holds the points inside it', () => {
    expect(contains(slant, 4, 4)).toBe(true);
    expect(contains(slant, 9, 1)).toBe(false);
    expect(contains(slant, 20, 4)).toBe(false);
    expect(contains([], 0, 0)).toBe(false);
  });

  it('lies in an upright rectangle', () => {
    expect(bounds(slant)).toEqual([-2, 0, 10, 9]);
  });
});

it('counts characters as Python does', () => {
  expect(codePointsBefore('𠮷野家', 2)).toBe(1);
  expect(codePointsBefore('价10', 2)).toBe(2);
});
