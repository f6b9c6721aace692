import { ProgramData } from '../program-data';
import { differenceOf, longestCommon } from '../program-difference';
import { programBytes } from './example-program';

function program(...kinds: string[]): ProgramData {
  const ops = kinds.map((kind, id) => ({ id, name: `pd_op.${kind}` }));
  return new ProgramData(programBytes([{ name: '', ops }]));
}

describe('the difference of two programs', () => {
  it('is what only one of the two has', () => {
    const difference = differenceOf(
      program('data', 'matmul', 'add', 'relu', 'softmax'),
      program('data', 'fc', 'relu', 'softmax')
    );
    expect([...difference.onlyBefore]).toEqual([1, 2]);
    expect([...difference.onlyAfter]).toEqual([1]);
    expect(difference.kinds.map(({ kind }) => kind).sort()).toEqual([
      'add',
      'fc',
      'matmul'
    ]);
  });

  it('is empty between a program and itself, with any constants', () => {
    const difference = differenceOf(
      program('full', 'data', 'add'),
      program('data', 'add')
    );
    expect(difference.onlyBefore.size + difference.onlyAfter.size).toBe(0);
    expect(difference.kinds).toEqual([]);
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
    const difference = differenceOf(many('relu'), many('gelu'));
    expect(difference.onlyBefore.size).toBe(4_000);
    expect(difference.kinds).toHaveLength(2);
  });
});
