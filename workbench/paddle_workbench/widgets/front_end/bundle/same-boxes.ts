import type { IBox } from './steps';

/** Pixels by which an edge may differ in the same box, as in `boxes/agreement.py`. */
const SAME_PX = 0.5;

/** How the boxes of two programs differ. */
export interface IBoxDifference {
  /** Boxes that only the first one sees, and those that only the second one sees. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Of the boxes that both see, the largest distance of two edges in pixels, and of scores. */
  readonly edgePx: number;
  readonly score: number;
}

/** Match boxes with those of another program: the same label, and no edge far away. */
export function compareBoxes(
  first: readonly IBox[],
  second: readonly IBox[]
): IBoxDifference {
  let rest = second;
  let [edgePx, score] = [0, 0];
  let matched = 0;
  for (const box of first) {
    const near = rest
      .filter(({ label }) => label === box.label)
      .map(other => [distance(box, other), other] as const)
      .filter(([away]) => away <= SAME_PX)
      .sort(([one], [other]) => one - other);
    const [best] = near;
    if (best !== undefined) {
      const [away, other] = best;
      rest = rest.filter(each => each !== other);
      edgePx = Math.max(edgePx, away);
      score = Math.max(score, Math.abs(box.score - other.score));
      matched += 1;
    }
  }
  return {
    onlyFirst: first.length - matched,
    onlySecond: rest.length,
    edgePx,
    score
  };
}

function distance({ corners }: IBox, other: IBox): number {
  return Math.max(
    ...corners.map((edge, at) => Math.abs(edge - (other.corners[at] ?? NaN)))
  );
}
