import { ProgramData } from '../program-data';
import { differenceOf, longestCommon } from '../program-difference';
import { programBytes } from './example-program';

function program(...kinds: string[]): ProgramData {
  const ops = kinds.map((kind, id) => ({ id, name: `pd_op.${kind}` }));
  return new ProgramData(programBytes([{ name: '', ops }]));
}

describe('the difference of two programs', () => {
  it('is what only one of the two has', () => {
    const found = differenceOf(
      program('data', 'matmul', 'add', 'relu', 'softmax'),
      program('data', 'fc', 'relu', 'softmax')
    );
    expect([...found.onlyBefore]).toEqual([1, 2]);
    expect([...found.onlyAfter]).toEqual([1]);
    expect(found.kinds.map(({ kind }) => kind).sort()).toEqual([
      'add',
      'fc',
      'matmul'
    ]);
  });

  it('is empty between a program and itself, with any constants', () => {
    const found = differenceOf(
      program('full', 'data', 'add'),
      program('data', 'add')
    );
    expect(found.onlyBefore.size + found.onlyAfter.size).toBe(0);
    expect(found.kinds).toEqual([]);
  });

  it('finds ops moved in the middle', () => {
    expect(
      longestCommon(['a', 'b', 'c', 'd'], ['a', 'c', 'b', 'd'])
    ).toHaveLength(3);
    expect(longestCommon([], ['a'])).toEqual([]);
  });

  it('lists only op types if the programs are too different and too large', () => {
    const many = (kind: string): ProgramData =>
      program('data', ...new Array<string>(4_000).fill(kind), 'fetch');
    const found = differenceOf(many('relu'), many('gelu'));
    expect(found.onlyBefore.size).toBe(4_000);
    expect(found.kinds).toHaveLength(2);
  });
});
