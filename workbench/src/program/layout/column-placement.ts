import type { ILayering } from './layering';

const SWEEPS: readonly (readonly [slots: number, sweeps: number])[] = [
  [4_000, 8],
  [20_000, 4],
  [Number.POSITIVE_INFINITY, 2]
];
/** Straight links over many layers matter more than centred boxes. */
const BEND_WEIGHT = 6;

/**
 * Return the middle of each slot, near the middle of the slots it is linked to.
 *
 * Layer by layer this minimises the weighted sum of squared distances, given the order and the
 * widths: isotonic regression by pooling adjacent violators, in linear time.
 */
export function placeColumns(layering: ILayering): Float64Array {
  const { layers, boxOfSlot, width, above, below } = layering;
  const centre = new Float64Array(boxOfSlot.length);
  for (const layer of layers) {
    const total = layer.reduce((sum, slot) => sum + (width[slot] ?? 0), 0);
    let x = -total / 2;
    for (const slot of layer) {
      const size = width[slot] ?? 0;
      centre[slot] = x + size / 2;
      x += size;
    }
  }
  const sweeps = SWEEPS.find(([most]) => boxOfSlot.length <= most)?.[1] ?? 2;
  const wish = (slot: number, neighbours: readonly number[][][]): number => {
    let sum = 0;
    let weight = 0;
    for (const side of neighbours) {
      for (const other of side[slot] ?? []) {
        const isBend = boxOfSlot[other] === -1 && boxOfSlot[slot] === -1;
        const share = isBend ? BEND_WEIGHT : 1;
        sum += share * (centre[other] ?? 0);
        weight += share;
      }
    }
    return weight > 0 ? sum / weight : (centre[slot] ?? 0);
  };
  const place = (
    layer: readonly number[],
    neighbours: readonly number[][][]
  ): void => {
    const wishes = layer.map(slot => wish(slot, neighbours));
    const weights = layer.map(slot =>
      boxOfSlot[slot] === -1 ? BEND_WEIGHT : 1
    );
    const widths = layer.map(slot => width[slot] ?? 0);
    settle(wishes, widths, weights).forEach((x, at) => {
      centre[layer[at] ?? 0] = x;
    });
  };
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const isLast = sweep === sweeps - 1;
    for (const layer of layers) {
      place(layer, isLast ? [above, below] : [above]);
    }
    for (let at = layers.length - 1; at >= 0; at--) {
      place(layers[at] ?? [], isLast ? [above, below] : [below]);
    }
  }
  return centre;
}

/**
 * Return the places nearest to the desired ones at which neighbours do not overlap.
 */
export function settle(
  wishes: readonly number[],
  widths: readonly number[],
  weights: readonly number[]
): number[] {
  // With the preceding widths subtracted, places only have to be non-decreasing.
  const before: number[] = [];
  let sum = 0;
  widths.forEach((width, at) => {
    sum += at === 0 ? 0 : ((widths[at - 1] ?? 0) + width) / 2;
    before.push(sum);
  });
  const pools: { mean: number; weight: number; count: number }[] = [];
  wishes.forEach((wish, at) => {
    let pool = {
      mean: wish - (before[at] ?? 0),
      weight: weights[at] ?? 1,
      count: 1
    };
    for (
      let last = pools[pools.length - 1];
      last && last.mean > pool.mean;
      last = pools[pools.length - 1]
    ) {
      pools.pop();
      const weight = last.weight + pool.weight;
      pool = {
        mean: (last.mean * last.weight + pool.mean * pool.weight) / weight,
        weight,
        count: last.count + pool.count
      };
    }
    pools.push(pool);
  });
  const places: number[] = [];
  for (const { mean, count } of pools) {
    for (let index = 0; index < count; index++) {
      places.push(mean + (before[places.length] ?? 0));
    }
  }
  return places;
}
