import { Families } from '../family';
import { Lineage } from '../lineage';
import { findOps } from '../op-search';
import { ProgramData } from '../program-data';
import { changesOf } from '../stage-changes';
import { FILE, programBytes } from './example-program';

const MATMUL = { id: 1, name: 'pd_op.matmul', line: 10, outputs: [1] };
const ADD = { id: 2, name: 'pd_op.add', line: 11, inputs: [1], outputs: [2] };
const RELU = { id: 3, name: 'pd_op.relu', line: 12, inputs: [2], outputs: [3] };
const DEAD = { id: 4, name: 'pd_op.scale', line: 12, outputs: [4] };
const FC = { id: 20, name: 'pd_op.fc', outputs: [2] };
const FC_RELU = { id: 30, name: 'pd_op.fc_relu', outputs: [3] };

/** Two ops are fused, certainly; then a third with them, perhaps; a fourth is removed. */
const data = new ProgramData(
  programBytes([
    { name: '', ops: [MATMUL, ADD, RELU, DEAD] },
    {
      name: 'fc_fuse_pass',
      ops: [FC, RELU],
      added: [20],
      removed: [1, 2, 4],
      lineage: [
        [20, 1, 1],
        [20, 2, 1]
      ]
    },
    {
      name: 'act_fuse_pass',
      ops: [FC_RELU],
      added: [30],
      removed: [20, 3],
      lineage: [
        [30, 20, 1],
        [30, 3, 0]
      ]
    }
  ])
);
const lineage = new Lineage(data);
const families = new Families(data, lineage);

function namesIn(stage: number, rows: Iterable<number>): string[] {
  expect(stage).toBeLessThan(data.stageCount);
  return Array.from(rows, row => data.opKind(row));
}

describe('lineage', () => {
  it('leads a fused op back to all that it came from', () => {
    expect([...lineage.origins(2, [30])]).toEqual([
      [1, true],
      [2, true],
      [3, false]
    ]);
  });

  it('follows an op forward to its successors', () => {
    expect([...lineage.descendants(2, new Map([[1, true]]))]).toEqual([
      [30, true]
    ]);
    expect([...lineage.descendants(1, new Map([[3, true]]))]).toEqual([
      [3, true]
    ]);
  });

  it('has no successor for a removed op', () => {
    expect([...lineage.descendants(1, new Map([[4, true]]))]).toEqual([]);
  });
});

describe('a family', () => {
  it('of a line covers every stage', () => {
    const family = families.of({ kind: 'line', file: FILE, line: 11 });
    expect(namesIn(0, families.rowsIn(0, family).keys())).toEqual(['add']);
    expect(namesIn(1, families.rowsIn(1, family).keys())).toEqual(['fc']);
    expect(namesIn(2, families.rowsIn(2, family).keys())).toEqual(['fc_relu']);
  });

  it('of a fused op has all its lines, the inferred ones marked', () => {
    const family = families.of({ kind: 'ops', stage: 2, ids: [30] });
    expect([...family.lines]).toEqual([
      [`${FILE}:10`, true],
      [`${FILE}:11`, true],
      [`${FILE}:12`, false]
    ]);
  });

  it('of a line without ops is only the line', () => {
    const family = families.of({ kind: 'line', file: FILE, line: 99 });
    expect(family.traced.size).toBe(0);
    expect([...family.lines.keys()]).toEqual([`${FILE}:99`]);
  });
});

describe('the changes of a stage', () => {
  it('include fused and removed ops', () => {
    expect(changesOf(data, lineage, 1)).toEqual([
      {
        kind: 'fused',
        from: ['add', 'matmul'],
        to: 'fc',
        ids: [20],
        isCertain: true
      },
      { kind: 'removed', from: [], to: 'scale', ids: [4], isCertain: true }
    ]);
  });

  it('mark inferred origins', () => {
    expect(changesOf(data, lineage, 2)).toMatchObject([
      { kind: 'fused', to: 'fc_relu', isCertain: false }
    ]);
  });
});

describe('the search', () => {
  it('finds ops by name, in any case', () => {
    expect(namesIn(0, findOps(data, 0, ' MAT'))).toEqual(['matmul']);
    expect(findOps(data, 0, 'nothing')).toEqual([]);
    expect(findOps(data, 0, ' ')).toEqual([]);
  });

  it('finds ops by layer', () => {
    const layered = new ProgramData(
      programBytes([
        { name: '', ops: [{ id: 1, name: 'pd_op.add', layer: 'encoder.fc' }] }
      ])
    );
    expect(findOps(layered, 0, 'encoder')).toEqual([0]);
  });
});
