import type { IBox, ILink } from './layout';

/** If there are more bends than this, a link over many layers goes straight, across any boxes. */
const MOST_BENDS = 60_000;
const LONG = 48;
const BEND_WIDTH = 8;
const GAP = 22;

/**
 * Boxes in layers. A slot is a place in a layer, for a box or for a bend of a passing link.
 */
export interface ILayering {
  /** Slots of each layer, from left to right. */
  readonly layers: number[][];
  readonly slotOfBox: Int32Array;
  /** -1 for a bend. */
  readonly boxOfSlot: number[];
  readonly layerOfSlot: number[];
  /** With the gap around it. */
  readonly width: number[];
  /** Slots in the layers above and below that a slot is linked to. */
  readonly above: number[][];
  readonly below: number[][];
  /** The slots that each link passes, downwards. */
  readonly chains: number[][];
  /** 1 for a link that leads upwards; its chain goes from its end to its start. */
  readonly isBack: Uint8Array;
}

/** Put each box below all it depends on, and a bend of each link into each layer it passes. */
export function assignLayers(
  boxes: readonly IBox[],
  links: readonly ILink[]
): ILayering {
  const sorted = sortForward(boxes, links);
  const layerOfBox = findLayers(boxes, links, sorted);
  return placeSlots(boxes, links, layerOfBox);
}

interface ISorted {
  readonly order: number[];
  readonly out: number[][];
  readonly into: number[][];
  readonly isBack: Uint8Array;
}

/** Order the boxes so that few links lead back, and none if there are no cycles. */
function sortForward(boxes: readonly IBox[], links: readonly ILink[]): ISorted {
  const out: number[][] = boxes.map(() => []);
  const into: number[][] = boxes.map(() => []);
  const missing = new Int32Array(boxes.length);
  links.forEach(({ from, to }, at) => {
    out[from]?.push(at);
    into[to]?.push(at);
    missing[to] = (missing[to] ?? 0) + 1;
  });
  const order: number[] = [];
  const isDone = new Uint8Array(boxes.length);
  const isBack = new Uint8Array(links.length);
  // In the order in which they run.
  const ready = boxes.flatMap((_, at) => (missing[at] === 0 ? [at] : []));
  ready.reverse();
  for (let next = 0; order.length < boxes.length;) {
    let at = ready.pop();
    if (at === undefined) {
      // All boxes left are in or behind cycles: cut one at the box that runs first.
      while (isDone[next] === 1) {
        next++;
      }
      at = next;
      for (const link of into[at] ?? []) {
        if (isDone[links[link]?.from ?? 0] === 0) {
          isBack[link] = 1;
        }
      }
    }
    if (isDone[at] === 1) {
      continue;
    }
    isDone[at] = 1;
    order.push(at);
    for (const link of out[at] ?? []) {
      const to = links[link]?.to ?? 0;
      missing[to] = (missing[to] ?? 0) - 1;
      if (missing[to] === 0 && isDone[to] === 0) {
        ready.push(to);
      }
    }
  }
  return { order, out, into, isBack };
}

function findLayers(
  boxes: readonly IBox[],
  links: readonly ILink[],
  { order, out, into, isBack }: ISorted
): Int32Array {
  const layer = new Int32Array(boxes.length);
  const first = boxes.some(box => box.border === 'top') ? 1 : 0;
  let last = 0;
  for (const at of order) {
    let own = boxes[at]?.border === 'top' ? 0 : first;
    for (const link of into[at] ?? []) {
      if (isBack[link] === 0) {
        own = Math.max(own, (layer[links[link]?.from ?? 0] ?? 0) + 1);
      }
    }
    layer[at] = own;
    if (boxes[at]?.border !== 'bottom') {
      last = Math.max(last, own);
    }
  }
  for (let index = order.length - 1; index >= 0; index--) {
    const at = order[index] ?? 0;
    if (boxes[at]?.border === 'bottom') {
      layer[at] = last + 1;
    } else if (boxes[at]?.border !== 'top' && (into[at] ?? []).length === 0) {
      // A box without inputs is placed right above the first box that uses it.
      const needed = (out[at] ?? [])
        .filter(link => isBack[link] === 0)
        .map(link => layer[links[link]?.to ?? 0] ?? 0);
      if (needed.length > 0) {
        layer[at] = Math.max(first, Math.min(...needed) - 1);
      }
    }
  }
  return layer;
}

function placeSlots(
  boxes: readonly IBox[],
  links: readonly ILink[],
  layerOfBox: Int32Array
): ILayering {
  const layers: number[][] = [];
  const boxOfSlot: number[] = [];
  const layerOfSlot: number[] = [];
  const width: number[] = [];
  const above: number[][] = [];
  const below: number[][] = [];
  const add = (layer: number, box: number, size: number): number => {
    const slot = boxOfSlot.length;
    boxOfSlot.push(box);
    layerOfSlot.push(layer);
    width.push(size);
    above.push([]);
    below.push([]);
    (layers[layer] ??= []).push(slot);
    return slot;
  };
  const slotOfBox = Int32Array.from(boxes, (box, at) =>
    add(layerOfBox[at] ?? 0, at, box.width + GAP)
  );
  for (let at = 0; at < layers.length; at++) {
    layers[at] ??= [];
  }
  const bends = new Map<string, number>();
  const joined = new Set<string>();
  const join = (upper: number, lower: number): void => {
    const key = `${upper} ${lower}`;
    if (!joined.has(key)) {
      joined.add(key);
      below[upper]?.push(lower);
      above[lower]?.push(upper);
    }
  };
  const isBack = Uint8Array.from(links, ({ from, to }) =>
    (layerOfBox[from] ?? 0) >= (layerOfBox[to] ?? 0) ? 1 : 0
  );
  const chains = links.map((link, at) => {
    const back = isBack[at] === 1;
    const start = slotOfBox[back ? link.to : link.from] ?? 0;
    const goal = slotOfBox[back ? link.from : link.to] ?? 0;
    const chain = [start];
    const end = layerOfSlot[goal] ?? 0;
    const isLong =
      bends.size > MOST_BENDS && end - (layerOfSlot[start] ?? 0) > LONG;
    let from = start;
    for (
      let layer = (layerOfSlot[start] ?? 0) + 1;
      layer < end && !isLong;
      layer++
    ) {
      const key = `${back ? `back ${at}` : `${start} ${link.net}`} ${layer}`;
      let bend = bends.get(key);
      if (bend === undefined) {
        bend = add(layer, -1, BEND_WIDTH);
        bends.set(key, bend);
      }
      join(from, bend);
      chain.push(bend);
      from = bend;
    }
    if (!isLong && end > (layerOfSlot[start] ?? 0)) {
      join(from, goal);
    }
    chain.push(goal);
    return chain;
  });
  return {
    layers,
    slotOfBox,
    boxOfSlot,
    layerOfSlot,
    width,
    above,
    below,
    chains,
    isBack
  };
}
