import { settle } from '../column-placement';
import { countCrossings, orderLayers } from '../layer-order';
import type { IBox, ILayout, ILink } from '../layout';
import { layeredLayout } from '../layered-layout';
import { assignLayers } from '../layering';

const PADDING = { top: 10, bottom: 10, side: 10 };

function boxes(count: number): IBox[] {
  return Array.from({ length: count }, (_, at) => ({
    width: 40 + (at % 5) * 20,
    height: 20 + (at % 3) * 15
  }));
}

function links(...pairs: [number, number][]): ILink[] {
  return pairs.map(([from, to]) => ({ from, to, net: from }));
}

/** A graph without cycles that a seed decides. */
function random(seed: number, count: number): ILink[] {
  let state = seed;
  const next = (below: number): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % below;
  };
  const pairs = new Map<string, [number, number]>();
  for (let at = 0; at < count * 2; at++) {
    const from = next(count - 1);
    const to = from + 1 + next(Math.min(30, count - from - 1));
    pairs.set(`${from} ${to}`, [from, to]);
  }
  return links(...pairs.values());
}

function overlaps(layout: ILayout): [number, number][] {
  const pairs: [number, number][] = [];
  const { sizes, x, y } = layout;
  sizes.forEach((a, i) => {
    sizes.slice(i + 1).forEach((b, offset) => {
      const j = i + 1 + offset;
      const across =
        (x[i] ?? 0) < (x[j] ?? 0) + b.width &&
        (x[j] ?? 0) < (x[i] ?? 0) + a.width;
      const along =
        (y[i] ?? 0) < (y[j] ?? 0) + b.height &&
        (y[j] ?? 0) < (y[i] ?? 0) + a.height;
      if (across && along) {
        pairs.push([i, j]);
      }
    });
  });
  return pairs;
}

describe('the layered layout', () => {
  it.each([1, 2, 3, 4, 5])(
    'lets no boxes overlap and every link lead downwards (graph %i)',
    seed => {
      const some = boxes(120);
      const all = random(seed, 120);
      const layout = layeredLayout(some, all, PADDING);
      expect(overlaps(layout)).toEqual([]);
      for (const { from, to } of all) {
        const bottom = (layout.y[from] ?? 0) + (some[from]?.height ?? 0);
        expect(layout.y[to]).toBeGreaterThan(bottom);
      }
    }
  );

  it('keeps everything inside its width and height', () => {
    const some = boxes(60);
    const layout = layeredLayout(some, random(7, 60), PADDING);
    some.forEach((box, at) => {
      expect(layout.x[at]).toBeGreaterThanOrEqual(0);
      expect(layout.y[at]).toBeGreaterThanOrEqual(0);
      expect((layout.x[at] ?? 0) + box.width).toBeLessThanOrEqual(layout.width);
      expect((layout.y[at] ?? 0) + box.height).toBeLessThanOrEqual(
        layout.height
      );
    });
  });

  it('draws each link from its start to its end without a gap', () => {
    const some = boxes(40);
    const all = random(3, 40);
    const layout = layeredLayout(some, all, PADDING);
    all.forEach(({ from, to }, at) => {
      const pieces = (layout.linesOf[at] ?? []).map(line =>
        layout.lines.slice(4 * line, 4 * line + 4)
      );
      expect(pieces[0]?.[1]).toBe(
        (layout.y[from] ?? 0) + (some[from]?.height ?? 0)
      );
      expect(pieces[pieces.length - 1]?.[3]).toBe(layout.y[to]);
      pieces.slice(1).forEach((piece, index) => {
        expect(piece.slice(0, 2)).toEqual(pieces[index]?.slice(2));
      });
    });
  });

  it('places a chain in one column', () => {
    const layout = layeredLayout(
      Array.from({ length: 4 }, () => ({ width: 50, height: 20 })),
      links([0, 1], [1, 2], [2, 3]),
      PADDING
    );
    expect(new Set(layout.x).size).toBe(1);
    expect(layout.width).toBe(50 + 22 + 20);
  });

  it('places inputs right above their users', () => {
    const { layerOfSlot, slotOfBox } = assignLayers(
      boxes(4),
      links([0, 1], [1, 2], [3, 2])
    );
    expect(layerOfSlot[slotOfBox[3] ?? -1]).toBe(1);
  });

  it('survives a cycle, and marks back edges', () => {
    const all = links([0, 1], [1, 2], [2, 0], [2, 3]);
    const { isBack } = assignLayers(boxes(4), all);
    expect([...isBack]).toEqual([0, 0, 1, 0]);
    expect(overlaps(layeredLayout(boxes(4), all, PADDING))).toEqual([]);
  });

  it('puts points of the border above and below everything', () => {
    const border = { width: 0, height: 0 };
    const layout = layeredLayout(
      [
        ...boxes(2),
        { ...border, border: 'top' },
        { ...border, border: 'bottom' }
      ],
      links([2, 0], [0, 1], [0, 3]),
      PADDING
    );
    expect(layout.y[2]).toBe(0);
    expect(layout.y[3]).toBe(layout.height);
  });

  it('is empty without nodes', () => {
    expect(layeredLayout([], [], PADDING)).toMatchObject({
      width: 0,
      lines: []
    });
  });
});

describe('the order of layers', () => {
  it('undoes a crossing', () => {
    const layering = assignLayers(boxes(4), links([0, 3], [1, 2]));
    const position = (): Float64Array => {
      const position = new Float64Array(layering.boxOfSlot.length);
      for (const layer of layering.layers) {
        layer.forEach((slot, at) => {
          position[slot] = at;
        });
      }
      return position;
    };
    expect(countCrossings(layering, position())).toBe(1);
    orderLayers(layering);
    expect(countCrossings(layering, position())).toBe(0);
  });
});

describe('settling a row', () => {
  it('gives each its wanted place if there is room', () => {
    expect(settle([0, 100, 200], [10, 10, 10], [1, 1, 1])).toEqual([
      0, 100, 200
    ]);
  });

  it('shares the distance if there is no room', () => {
    expect(settle([0, 0], [10, 10], [1, 1])).toEqual([-5, 5]);
    expect(settle([0, 0], [10, 10], [3, 1])).toEqual([-2.5, 7.5]);
  });
});
