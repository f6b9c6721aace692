import type { IExampleOp } from '../../data/__tests__/example-program';
import { programBytes, regularOps } from '../../data/__tests__/example-program';
import { GraphEngine } from '../graph-engine';
import type { IScene } from '../scene';
import { ShapeKind } from '../scene';
import { SceneIndex } from '../scene-index';

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
