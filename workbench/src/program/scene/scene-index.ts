import type { Child } from '../data/layer-tree';
import type { IScene } from './scene';
import { ShapeKind } from './scene';
import type { IRectangle } from './viewport';

const BUCKET = 400;
/** Items that span more buckets than this are checked every time. */
const TALL = 8;

/**
 * Finds the boxes and lines in a part of a scene without looking at the rest.
 */
export class SceneIndex {
  constructor(readonly scene: IScene) {
    const { boxes, child, lines } = scene;
    child.forEach((which, box) => this._boxOf.set(which, box));
    this._boxBuckets = new Buckets(child.length, at => [
      boxes[4 * at + 1] ?? 0,
      (boxes[4 * at + 1] ?? 0) + (boxes[4 * at + 3] ?? 0)
    ]);
    this._lineBuckets = new Buckets(lines.length / 4, at => [
      lines[4 * at + 1] ?? 0,
      lines[4 * at + 3] ?? 0
    ]);
  }

  /** The box of a thing; undefined if it is not shown. */
  boxOf(child: Child): number | undefined {
    return this._boxOf.get(child);
  }

  rectangle(box: number): IRectangle {
    const { boxes } = this.scene;
    return {
      x: boxes[4 * box] ?? 0,
      y: boxes[4 * box + 1] ?? 0,
      width: boxes[4 * box + 2] ?? 0,
      height: boxes[4 * box + 3] ?? 0
    };
  }

  /** Whether a box lies inside another, an open group. */
  contains(outer: number, inner: number): boolean {
    const { kind } = this.scene;
    if (outer === inner || kind[outer] !== ShapeKind.Open) {
      return false;
    }
    const around = this.rectangle(outer);
    const place = this.rectangle(inner);
    return (
      place.x >= around.x &&
      place.y >= around.y &&
      place.x + place.width <= around.x + around.width &&
      place.y + place.height <= around.y + around.height
    );
  }

  /** Boxes that may be visible in a range of heights, outer ones first. */
  boxesBetween(top: number, bottom: number): Iterable<number> {
    return this._boxBuckets.between(top, bottom);
  }

  linesBetween(top: number, bottom: number): Iterable<number> {
    return this._lineBuckets.between(top, bottom);
  }

  /** The innermost box at a point; -1 if there is none. */
  boxAt(x: number, y: number): number {
    let innermost = -1;
    let deepest = -1;
    for (const box of this._boxBuckets.between(y, y)) {
      const place = this.rectangle(box);
      const isIn =
        x >= place.x &&
        x <= place.x + place.width &&
        y >= place.y &&
        y <= place.y + place.height;
      const depth = this.scene.depth[box] ?? 0;
      if (isIn && depth > deepest) {
        deepest = depth;
        innermost = box;
      }
    }
    return innermost;
  }

  /** Edges that leave a box (0) or arrive at it (1). */
  edgesOf(box: number, end: 0 | 1): readonly number[] {
    if (!this._edges) {
      const { edges } = this.scene;
      this._edges = [new Map(), new Map()];
      for (let at = 0; at < edges.length; at++) {
        const map = this._edges[at % 2 === 0 ? 0 : 1];
        const which = edges[at] ?? 0;
        const list = map.get(which);
        if (list) {
          list.push(at >> 1);
        } else {
          map.set(which, [at >> 1]);
        }
      }
    }
    return this._edges[end].get(box) ?? [];
  }

  /** The boxes that a box is connected to, below (0) or above (1), from left to right. */
  neighbours(box: number, end: 0 | 1): number[] {
    const { edges } = this.scene;
    return this.edgesOf(box, end)
      .map(edge => edges[2 * edge + 1 - end] ?? 0)
      .sort((a, b) => this.rectangle(a).x - this.rectangle(b).x);
  }

  /** The nearest box next to one, to the left (-1) or right (1); -1 if there is none. */
  neighbour(box: number, side: -1 | 1): number {
    const place = this.rectangle(box);
    const middle = place.y + place.height / 2;
    let neighbour = -1;
    let nearest = Number.POSITIVE_INFINITY;
    for (const other of this.boxesBetween(place.y, place.y + place.height)) {
      if (other === box || this.scene.kind[other] === ShapeKind.Open) {
        continue;
      }
      const there = this.rectangle(other);
      const along = (there.x - place.x) * side;
      const across = Math.abs(there.y + there.height / 2 - middle);
      if (along > 0 && across < place.height && along + across < nearest) {
        nearest = along + across;
        neighbour = other;
      }
    }
    return neighbour;
  }

  private readonly _boxOf = new Map<Child, number>();
  private readonly _boxBuckets: Buckets;
  private readonly _lineBuckets: Buckets;
  private _edges: [Map<number, number[]>, Map<number, number[]>] | null = null;
}

/**
 * Items by the range of heights that they span.
 */
class Buckets {
  constructor(count: number, range: (at: number) => [number, number]) {
    for (let at = 0; at < count; at++) {
      const [start, end] = range(at);
      const first = Math.floor(Math.min(start, end) / BUCKET);
      const last = Math.floor(Math.max(start, end) / BUCKET);
      if (last - first > TALL) {
        this._tall.push(at);
        continue;
      }
      for (let bucket = first; bucket <= last; bucket++) {
        const list = this._buckets.get(bucket);
        if (list) {
          list.push(at);
        } else {
          this._buckets.set(bucket, [at]);
        }
      }
    }
  }

  /** Each once, in ascending order. */
  between(top: number, bottom: number): number[] {
    const first = Math.floor(top / BUCKET);
    const last = Math.floor(bottom / BUCKET);
    const items = [...this._tall];
    if (last - first > this._buckets.size) {
      for (const list of this._buckets.values()) {
        items.push(...list);
      }
    } else {
      for (let bucket = first; bucket <= last; bucket++) {
        items.push(...(this._buckets.get(bucket) ?? []));
      }
    }
    items.sort((a, b) => a - b);
    return items.filter((at, index) => index === 0 || at !== items[index - 1]);
  }

  private readonly _tall: number[] = [];
  private readonly _buckets = new Map<number, number[]>();
}
