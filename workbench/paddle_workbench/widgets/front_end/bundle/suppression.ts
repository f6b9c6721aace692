import type { YoloBoxes } from '../../../../src/contract/bundle';

/** x1, y1, x2, y2 in pixels. */
export type Corners = readonly [number, number, number, number];

/** A box with its score and class; its numbers have single precision. */
export interface IDetection {
  readonly corners: Corners;
  readonly score: number;
  readonly kind: number;
}

/** How boxes are suppressed: what `YoloBoxes` says of it. */
export type Suppression = Pick<
  YoloBoxes,
  'iou' | 'limit' | 'method' | 'threshold'
>;

/** Return detections with the highest score first; those of equal scores stay in their order. */
export function sorted(detections: readonly IDetection[]): IDetection[] {
  return [...detections].sort((one, other) => other.score - one.score);
}

/** Return the intersection over union of two boxes; 0 for one without an area, and for NaN. */
export function overlap(one: Corners, other: Corners): number {
  const shared = area(
    Math.max(one[0], other[0]),
    Math.max(one[1], other[1]),
    Math.min(one[2], other[2]),
    Math.min(one[3], other[3])
  );
  const share = shared / (area(...one) + area(...other) - shared);
  return share > 0 ? share : 0;
}

/**
 * Return the detections that remain, as `boxes/suppression.py` does.
 *
 * @param detections - the highest score first
 */
export function suppress(
  detections: readonly IDetection[],
  step: Suppression
): IDetection[] {
  if (step.method === 'soft') {
    return softly(detections, step);
  }
  const kept: IDetection[] = [];
  for (const detection of detections) {
    if (kept.length === step.limit) {
      break;
    }
    const isSuppressed = kept.some(
      ({ corners, kind }) =>
        (step.method === 'class-agnostic' || kind === detection.kind) &&
        overlap(corners, detection.corners) > step.iou
    );
    if (!isSuppressed) {
      kept.push(detection);
    }
  }
  return kept;
}

function softly(
  detections: readonly IDetection[],
  { iou, limit, threshold }: Suppression
): IDetection[] {
  const isLeft = ({ score }: IDetection): boolean =>
    score >= threshold && score > 0;
  let rest = detections.filter(isLeft);
  const kept: IDetection[] = [];
  while (rest.length > 0 && kept.length < limit) {
    const best = rest.reduce((first, each) =>
      each.score > first.score ? each : first
    );
    kept.push({ ...best, score: Math.fround(best.score) });
    rest = rest
      .filter(each => each !== best)
      .map(each => {
        const shared =
          each.kind === best.kind ? overlap(best.corners, each.corners) : 0;
        return shared > iou
          ? { ...each, score: each.score * (1 - shared) }
          : each;
      })
      .filter(isLeft);
  }
  return sorted(kept);
}

function area(x1: number, y1: number, x2: number, y2: number): number {
  return Math.max(x2 - x1, 0) * Math.max(y2 - y1, 0);
}
