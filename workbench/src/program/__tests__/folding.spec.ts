import { FoldedGraph } from '../folded-graph';
import { GraphEngine } from '../graph-engine';
import { LayerTree, ROOT } from '../layer-tree';
import { ProgramData } from '../program-data';
import type { IScene } from '../scene';
import { ShapeKind } from '../scene';
import { SceneIndex } from '../scene-index';
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

function answer(
  ops: IExampleOp[],
  open: string[] | null = null,
  reveal: number[] = []
): IScene {
  const engine = new GraphEngine(programBytes([{ name: '', ops }]));
  const request = { stage: 0, open, reveal, constants: false };
  return engine.answer(request).scene;
}

function names(scene: IScene, kind: ShapeKind): string[] {
  return Array.from(scene.child).flatMap((child, box) =>
    scene.kind[box] === (kind as number)
      ? [child < 0 ? (scene.groups[~child]?.name ?? '') : String(child)]
      : []
  );
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

describe('a scene', () => {
  it('is of a few boxes at first, however large the program', () => {
    for (const isLayered of [true, false]) {
      const scene = answer(regularOps(20_000, isLayered));
      expect(scene.child.length).toBeLessThan(200);
    }
  });

  it('expands the layers around an op to reveal', () => {
    const scene = answer(regularOps(500), null, [321]);
    expect(names(scene, ShapeKind.Op)).toContain('321');
    expect(names(scene, ShapeKind.Open)).toContain('32');
  });

  it('has boxes of an open layer inside it, and next to each other', () => {
    const scene = answer(regularOps(40), null, [12, 31]);
    const index = new SceneIndex(scene);
    const around = names(scene, ShapeKind.Open);
    expect(around).toEqual(['blocks', '1', 'part0', '3', 'part0']);
    scene.child.forEach((_, a) => {
      scene.child.forEach((__, b) => {
        if (a >= b || index.contains(a, b) || index.contains(b, a)) {
          return;
        }
        const one = index.rectangle(a);
        const two = index.rectangle(b);
        const apart =
          one.x + one.width <= two.x ||
          two.x + two.width <= one.x ||
          one.y + one.height <= two.y ||
          two.y + two.height <= one.y;
        expect([a, b, apart]).toEqual([a, b, true]);
      });
    });
  });

  it('leads every edge downwards, through the borders of open layers', () => {
    const scene = answer(regularOps(60), null, [5, 12, 31]);
    expect([...scene.isBack].some(back => back === 1)).toBe(false);
    const index = new SceneIndex(scene);
    for (let edge = 0; edge < scene.edges.length / 2; edge++) {
      const from = index.rectangle(scene.edges[2 * edge] ?? 0);
      const to = index.rectangle(scene.edges[2 * edge + 1] ?? 0);
      const lines = Array.from(
        scene.edgeLines.subarray(
          scene.edgeStart[edge],
          scene.edgeStart[edge + 1]
        ),
        line => Array.from(scene.lines.subarray(4 * line, 4 * line + 4))
      ).sort((a, b) => (a[1] ?? 0) + (a[3] ?? 0) - (b[1] ?? 0) - (b[3] ?? 0));
      expect(lines[0]?.[1]).toBeCloseTo(from.y + from.height);
      expect(lines[lines.length - 1]?.[3]).toBeCloseTo(to.y);
      lines.slice(1).forEach((line, at) => {
        expect(line[0]).toBeCloseTo(lines[at]?.[2] ?? 0);
        expect(line[1]).toBeCloseTo(lines[at]?.[3] ?? 0);
      });
    }
  });

  it('finds the innermost box at a point, and boxes near it', () => {
    const scene = answer(regularOps(40), null, [12]);
    const index = new SceneIndex(scene);
    const box = index.boxOf(12) ?? -1;
    const { x, y, width, height } = index.rectangle(box);
    expect(index.boxAt(x + width / 2, y + height / 2)).toBe(box);
    expect(index.neighbours(box, 0).map(at => scene.child[at])).toEqual([13]);
    expect(index.neighbours(box, 1).map(at => scene.child[at])).toEqual([11]);
  });
});
