import type { ILayering } from './layering';

/** Fewer sweeps for more slots keep the time proportional. */
const SWEEPS: readonly (readonly [slots: number, sweeps: number])[] = [
  [4_000, 10],
  [20_000, 4],
  [Number.POSITIVE_INFINITY, 2]
];
/**
 * Counting crossings to keep the best order is worth it only for graphs that can be read as a
 * whole.
 */
const MOST_COUNTED = 4_000;

/** Order the slots of each layer so that few links cross; changes `layers`. */
export function orderLayers(layering: ILayering): void {
  const { layers, boxOfSlot } = layering;
  const position = new Float64Array(boxOfSlot.length);
  const settle = (layer: readonly number[]): void => {
    layer.forEach((slot, at) => {
      position[slot] = at;
    });
  };
  layers.forEach(settle);
  const sweeps = SWEEPS.find(([most]) => boxOfSlot.length <= most)?.[1] ?? 2;
  const isCounted = boxOfSlot.length <= MOST_COUNTED;
  let best: number[][] | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const isDown = sweep % 2 === 0;
    const neighbours = isDown ? layering.above : layering.below;
    for (let step = 1; step < layers.length; step++) {
      const at = isDown ? step : layers.length - 1 - step;
      const layer = layers[at] ?? [];
      sortByNeighbours(layer, neighbours, position);
      settle(layer);
    }
    if (isCounted) {
      const crossings = countCrossings(layering, position);
      if (crossings < fewest) {
        fewest = crossings;
        best = layers.map(layer => [...layer]);
      }
      if (crossings === 0) {
        break;
      }
    }
  }
  best?.forEach((layer, at) => {
    layers[at] = layer;
  });
}

/** Stable: a slot without neighbours keeps its place. */
function sortByNeighbours(
  layer: number[],
  neighbours: readonly number[][],
  position: Float64Array
): void {
  const key = new Map<number, number>();
  for (const slot of layer) {
    const others = neighbours[slot] ?? [];
    let sum = 0;
    for (const other of others) {
      sum += position[other] ?? 0;
    }
    key.set(
      slot,
      others.length > 0 ? sum / others.length : (position[slot] ?? 0)
    );
  }
  layer.sort((a, b) => (key.get(a) ?? 0) - (key.get(b) ?? 0));
}

/** Return how many pairs of links cross, layer by layer (Barth, Mutzel and Jünger 2004). */
export function countCrossings(
  { layers, below }: ILayering,
  position: Float64Array
): number {
  let crossings = 0;
  layers.forEach((layer, at) => {
    const size = layers[at + 1]?.length ?? 0;
    const tree = new Int32Array(size + 1);
    let inserted = 0;
    for (const slot of layer) {
      const goals = (below[slot] ?? []).map(other => position[other] ?? 0);
      goals.sort((a, b) => a - b);
      for (const goal of goals) {
        let notAfter = 0;
        for (let index = goal + 1; index > 0; index -= index & -index) {
          notAfter += tree[index] ?? 0;
        }
        crossings += inserted - notAfter;
      }
      for (const goal of goals) {
        inserted++;
        for (let index = goal + 1; index <= size; index += index & -index) {
          tree[index] = (tree[index] ?? 0) + 1;
        }
      }
    }
  });
  return crossings;
}
