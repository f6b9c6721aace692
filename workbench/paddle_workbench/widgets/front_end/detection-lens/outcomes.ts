import { overlap, suppress } from '../bundle/suppression';
import type { IDetection, Suppression } from '../bundle/suppression';
import type { ILensPicture, ITrueBox } from './lens-pictures';

/** An overlap by which a box is around the same thing as a true one. */
const SAME = 0.5;

/** A box that is left after suppression. */
export interface IShownBox extends IDetection {
  /** The place of the true box that it has found; -1 if it is invented. */
  readonly truth: number;
}

/** What becomes of the boxes of a picture at a threshold, as in `detection/outcomes.py`. */
export interface IOutcome {
  readonly boxes: readonly IShownBox[];
  /** Places of the true boxes that none has found. */
  readonly missed: readonly number[];
  readonly right: number;
  readonly invented: number;
}

/** A point of the curve: what a threshold gives. */
export interface ICurvePoint {
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
}

/**
 * Return the boxes of a picture that are left, at any threshold: those of a threshold are the first
 * of them, since a box has an effect only on those with lower scores.
 */
export function shownBoxes(
  { candidates, truth }: ILensPicture,
  suppression: Suppression
): IShownBox[] {
  return matched(suppress(candidates, suppression), truth);
}

/** Return what becomes of the boxes of a picture. */
export function outcomeAt(
  shown: readonly IShownBox[],
  truth: number,
  threshold: number
): IOutcome {
  // Scores have single precision.
  const limit = Math.fround(threshold);
  const boxes = shown.filter(({ score }) => score >= limit);
  const found = new Set(boxes.map(box => box.truth).filter(at => at >= 0));
  const places = Array.from({ length: truth }, (_, at) => at);
  return {
    boxes,
    missed: places.filter(at => !found.has(at)),
    right: found.size,
    invented: boxes.length - found.size
  };
}

/** Return precision and recall of all pictures, one point for each different score. */
export function precisionByRecall(
  pictures: readonly (readonly IShownBox[])[],
  truth: number
): ICurvePoint[] {
  const boxes = pictures.flat().sort((one, other) => other.score - one.score);
  const points: ICurvePoint[] = [];
  let right = 0;
  boxes.forEach((box, at) => {
    right += box.truth >= 0 ? 1 : 0;
    if (boxes[at + 1]?.score !== box.score) {
      points.push({
        threshold: box.score,
        precision: right / (at + 1),
        recall: truth > 0 ? right / truth : 0
      });
    }
  });
  return points;
}

/** Return the places of pictures, those with the most mistakes first. */
export function hardestFirst(outcomes: readonly IOutcome[]): number[] {
  const mistakes = outcomes.map(
    ({ invented, missed }) => invented + missed.length
  );
  return outcomes
    .map((_, at) => at)
    .sort((one, other) => (mistakes[other] ?? 0) - (mistakes[one] ?? 0));
}

/** Match boxes with true ones of their class, the highest score first, each with the nearest. */
function matched(
  boxes: readonly IDetection[],
  truth: readonly ITrueBox[]
): IShownBox[] {
  const free = new Set(truth.keys());
  return boxes.map(box => {
    let [best, place] = [0, -1];
    for (const at of free) {
      const there = truth[at];
      const shared =
        there?.kind === box.kind
          ? Math.fround(overlap(box.corners, there.corners))
          : 0;
      if (shared > best) {
        [best, place] = [shared, at];
      }
    }
    if (best < SAME) {
      return { ...box, truth: -1 };
    }
    free.delete(place);
    return { ...box, truth: place };
  });
}
