/** A corner in pixels of the picture. */
export type Point = readonly [number, number];

/** What can be selected and edited on a page. */
export interface IDeskItem {
  readonly id: number;
  readonly points: readonly Point[];
}

/**
 * The item that comes next in a direction, round the end if need be, of those that `wanted` takes.
 * Returns null if there is none but the item itself.
 */
export function nextItem<Item extends IDeskItem>(
  items: readonly Item[],
  from: number | null,
  by: 1 | -1,
  wanted: (item: Item) => boolean
): number | null {
  const start = items.findIndex(item => item.id === from);
  const count = items.length;
  const first = start < 0 ? (by === 1 ? -1 : 0) : start;
  for (let step = 1; step <= count; step++) {
    const item = items[(((first + by * step) % count) + count) % count];
    if (item !== undefined && item.id !== from && wanted(item)) {
      return item.id;
    }
  }
  return null;
}

/** The item that takes the place of one that is gone: what stands there now, or the last. */
export function itemInPlace(
  items: readonly IDeskItem[],
  before: readonly IDeskItem[],
  id: number | null
): number | null {
  if (items.some(item => item.id === id)) {
    return id;
  }
  const place = before.findIndex(item => item.id === id);
  return (items[place < 0 ? 0 : place] ?? items[items.length - 1])?.id ?? null;
}

/** The first item that is new or not as it was, or null. */
export function firstChanged(
  items: readonly IDeskItem[],
  before: readonly IDeskItem[]
): number | null {
  const known = new Map(before.map(item => [item.id, JSON.stringify(item)]));
  const changed = items.find(
    item => known.get(item.id) !== JSON.stringify(item)
  );
  return changed?.id ?? null;
}

/** Whether a point lies inside a polygon (even-odd rule). */
export function contains(
  points: readonly Point[],
  x: number,
  y: number
): boolean {
  let inside = false;
  points.forEach(([ax, ay], at) => {
    const [bx, by] = points[(at + 1) % points.length] ?? [ax, ay];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) {
      inside = !inside;
    }
  });
  return inside;
}

/** The corners of the upright rectangle around points: left, top, right, bottom. */
export function bounds(
  points: readonly Point[]
): readonly [number, number, number, number] {
  const xs = points.map(point => point[0]);
  const ys = points.map(point => point[1]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** The four corners of an upright rectangle, clockwise from the upper left. */
export function rectangle(
  left: number,
  top: number,
  right: number,
  bottom: number
): Point[] {
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom]
  ];
}
