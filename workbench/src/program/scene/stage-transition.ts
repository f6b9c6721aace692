import type { Lineage } from '../data/lineage';
import type { ProgramData } from '../data/program-data';
import type { SceneIndex } from './scene-index';
import type { IRectangle } from './viewport';

export const TRANSITION_MS = 450;
/** Larger scenes change at once: nobody can follow that many boxes. */
const MOST_BOXES = 2_500;

/** A box of the previous scene that is not in the new one. */
export interface IGhost {
  readonly box: number;
  readonly from: IRectangle;
  /** The place of what it became, or its old place if it became nothing. */
  readonly to: IRectangle;
}

/**
 * The transition from the scene of one stage to that of the next: boxes that stay move, merged ones
 * run into what they became, the rest fades.
 */
export class StageTransition {
  constructor(
    data: ProgramData,
    lineage: Lineage,
    readonly before: SceneIndex,
    readonly after: SceneIndex
  ) {
    this._data = data;
    this._lineage = lineage;
    const isForward = after.scene.stage === before.scene.stage + 1;
    const isBackward = after.scene.stage === before.scene.stage - 1;
    this._origins = isForward
      ? id => [...lineage.before(after.scene.stage, id).keys()]
      : isBackward
        ? id => [...lineage.after(before.scene.stage, id).keys()]
        : id => [id];
    this._goals = isForward
      ? id => [...lineage.after(after.scene.stage, id).keys()]
      : isBackward
        ? id => [...lineage.before(before.scene.stage, id).keys()]
        : id => [id];
    const { length } = after.scene.child;
    this._from = new Float64Array(length * 4);
    const originals = new Set<number>();
    for (let box = 0; box < length; box++) {
      const sources = this._sources(box);
      sources.forEach(source => originals.add(source));
      const place = middle(sources.map(source => before.rectangle(source)));
      const { x, y, width, height } = place ?? after.rectangle(box);
      this._from.set([x, y, width, height], 4 * box);
    }
    this.ghosts = this._ghosts(originals);
  }

  readonly ghosts: readonly IGhost[];

  /** Whether the scenes are small enough to follow. */
  static isWorthwhile(before: SceneIndex, after: SceneIndex): boolean {
    return (
      before.scene.child.length <= MOST_BOXES &&
      after.scene.child.length <= MOST_BOXES
    );
  }

  /** Where the boxes are at a moment between 0 and 1. */
  at(moment: number): Float64Array {
    const { boxes } = this.after.scene;
    return this._from.map(
      (from, at) => from + ((boxes[at] ?? from) - from) * ease(moment)
    );
  }

  /** The boxes of the previous scene that a box comes from. */
  private _sources(box: number): number[] {
    const scene = this.after.scene;
    const child = scene.child[box] ?? 0;
    if (child < 0) {
      const source = this._groupBox(this.before, scene.groups[~child]?.key);
      return source === undefined ? [] : [source];
    }
    return this._boxesOf(
      this.before,
      this._origins(this._data.opId[child] ?? -1)
    );
  }

  private _ghosts(originals: ReadonlySet<number>): IGhost[] {
    const { scene } = this.before;
    const ghosts: IGhost[] = [];
    scene.child.forEach((child, box) => {
      if (child < 0) {
        return;
      }
      const id = this._data.opId[child] ?? -1;
      const goals = this._boxesOf(this.after, this._goals(id));
      const isMerged = originals.has(box) && goals.length > 0;
      if (
        isMerged &&
        this._lineage.rowOf(this.after.scene.stage, id) !== undefined
      ) {
        return;
      }
      const from = this.before.rectangle(box);
      const to = middle(goals.map(goal => this.after.rectangle(goal)));
      ghosts.push({ box, from, to: to ?? from });
    });
    return ghosts;
  }

  private _boxesOf(index: SceneIndex, ids: readonly number[]): number[] {
    const boxes = new Set<number>();
    for (const id of ids) {
      const row = this._lineage.rowOf(index.scene.stage, id);
      const box = row === undefined ? -1 : (index.scene.boxOfRow[row] ?? -1);
      if (box >= 0) {
        boxes.add(box);
      }
    }
    return [...boxes];
  }

  private _groupBox(
    index: SceneIndex,
    key: string | undefined
  ): number | undefined {
    let keys = this._keys.get(index);
    if (!keys) {
      keys = new Map(
        Object.entries(index.scene.groups).map(([group, shape]) => [
          shape.key,
          ~Number(group)
        ])
      );
      this._keys.set(index, keys);
    }
    const child = key === undefined ? undefined : keys.get(key);
    return child === undefined ? undefined : index.boxOf(child);
  }

  private readonly _data: ProgramData;
  private readonly _lineage: Lineage;
  private readonly _origins: (id: number) => number[];
  private readonly _goals: (id: number) => number[];
  private readonly _from: Float64Array;
  private readonly _keys = new Map<SceneIndex, Map<string, number>>();
}

/** Where a ghost is at a moment between 0 and 1. */
export function ghostAt({ from, to }: IGhost, moment: number): IRectangle {
  const along = (a: number, b: number): number => a + (b - a) * ease(moment);
  return {
    x: along(from.x, to.x),
    y: along(from.y, to.y),
    width: from.width,
    height: from.height
  };
}

function ease(moment: number): number {
  return moment * moment * (3 - 2 * moment);
}

function middle(places: readonly IRectangle[]): IRectangle | null {
  const [first] = places;
  if (!first) {
    return null;
  }
  const mean = (read: (place: IRectangle) => number): number =>
    places.reduce((sum, place) => sum + read(place), 0) / places.length;
  return {
    x: mean(place => place.x),
    y: mean(place => place.y),
    width: mean(place => place.width),
    height: mean(place => place.height)
  };
}
