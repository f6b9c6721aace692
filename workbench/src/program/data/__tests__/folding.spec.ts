import { FoldedGraph } from '../folded-graph';
import { LayerTree, ROOT } from '../layer-tree';
import { ProgramData } from '../program-data';
import type { IExampleOp } from './example-program';
import { programBytes, regularOps } from './example-program';

const CONSTANT = { id: 90, name: 'pd_op.full', outputs: [90] };
const BRANCHES: IExampleOp[] = [
  { id: 0, name: 'pd_op.data', outputs: [0] },
  { id: 1, name: 'pd_op.if', inputs: [0], outputs: [9] },
  { id: 2, name: 'pd_op.add', inputs: [0], outputs: [2], parent: 1, region: 0 },
  {
    id: 3,
    name: 'pd_op.scale',
    inputs: [0],
    outputs: [3],
    parent: 1,
    region: 1
  },
  { id: 4, name: 'pd_op.relu', inputs: [9], outputs: [4] }
];

function treeOf(ops: IExampleOp[], constants = false): LayerTree {
  const data = new ProgramData(programBytes([{ name: '', ops }]));
  return new LayerTree(data, 0, { constants });
}

describe('the tree of layers', () => {
  it('has the layers in the order in which they run, with their sizes', () => {
    const tree = treeOf(regularOps(30));
    const blocks = tree.group(~(tree.group(ROOT).children[0] ?? 0));
    const inside = blocks.children.map(child => tree.group(~child));
    expect(inside.map(({ name, size }) => [name, size])).toEqual([
      ['0', 10],
      ['1', 10],
      ['2', 10]
    ]);
  });

  it('leaves constants out until they are asked for', () => {
    const ops = [...regularOps(5, false), CONSTANT];
    expect(treeOf(ops).group(ROOT).size).toBe(5);
    expect(treeOf(ops, true).group(ROOT).size).toBe(6);
  });

  it('puts the branches of control flow inside their op', () => {
    const tree = treeOf(BRANCHES);
    const control = tree.groups.find(group => group.name === 'if');
    expect(control?.row).toBe(1);
    expect(control?.size).toBe(3);
    expect(control?.children.map(child => tree.group(~child).name)).toEqual([
      '1',
      '2'
    ]);
  });

  it.each([100, 10_000])('never has many children in one place (%i)', count => {
    const tree = treeOf(regularOps(count, false));
    for (const group of tree.groups) {
      expect(group.children.length).toBeLessThanOrEqual(96);
    }
    expect(tree.group(ROOT).size).toBe(count);
  });

  it('joins layers that contain only one other layer', () => {
    const tree = treeOf([
      { id: 0, name: 'pd_op.a', layer: 'net.body.first', outputs: [0] },
      { id: 1, name: 'pd_op.b', layer: 'net.body.second', inputs: [0] }
    ]);
    const [only] = tree.group(ROOT).children;
    expect(tree.group(~(only ?? 0)).name).toBe('net.body');
  });
});

describe('the folded graph', () => {
  it('has one edge where many flow between two folded layers', () => {
    const data = new ProgramData(
      programBytes([{ name: '', ops: regularOps(30) }])
    );
    const tree = new LayerTree(data, 0, { constants: false });
    const graph = new FoldedGraph(data, 0, tree, tree.firstOpen());
    expect(graph.edges).toHaveLength(2);
  });

  it('shows an op as itself, or as the layer it is folded into', () => {
    const data = new ProgramData(
      programBytes([{ name: '', ops: regularOps(20) }])
    );
    const tree = new LayerTree(data, 0, { constants: false });
    const folded = new FoldedGraph(data, 0, tree, tree.firstOpen());
    const shown = folded.shownFor(3) ?? 0;
    expect(tree.group(~shown).name).toBe('0');
    const keys = tree.groups.map(group => group.key);
    expect(new FoldedGraph(data, 0, tree, new Set(keys)).shownFor(3)).toBe(3);
  });
});
