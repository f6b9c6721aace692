import type { Suppression } from '../bundle/suppression';
import type { ILensPicture } from './lens-pictures';
import {
  hardestFirst,
  outcomeAt,
  precisionByRecall,
  shownBoxes
} from './outcomes';
import type { ICurvePoint, IOutcome, IShownBox } from './outcomes';

/** The figures of all pictures at a threshold; null where there is nothing to divide by. */
export interface IFigures {
  readonly right: number;
  readonly invented: number;
  readonly missed: number;
  readonly precision: number | null;
  readonly recall: number | null;
}

/** What is chosen. */
export interface ILensSettings {
  readonly threshold: number;
  readonly iou: number;
}

/**
 * All pictures at one threshold and one overlap for suppression.
 */
export class LensModel {
  constructor(
    readonly pictures: readonly ILensPicture[],
    private readonly _suppression: Pick<Suppression, 'limit' | 'method'>,
    private readonly _hasTruth: boolean
  ) {
    this._truth = pictures.reduce((sum, { truth }) => sum + truth.length, 0);
  }

  get outcomes(): readonly IOutcome[] {
    return this._outcomes;
  }

  /** Precision by recall at the overlap for suppression; empty without the truth. */
  get curve(): readonly ICurvePoint[] {
    return this._curve;
  }

  /** Places of the pictures: those with the most mistakes first; without the truth as they came. */
  get order(): readonly number[] {
    return this._order;
  }

  get figures(): IFigures {
    const sum = (part: (outcome: IOutcome) => number): number =>
      this._outcomes.reduce((total, outcome) => total + part(outcome), 0);
    const right = sum(outcome => outcome.right);
    const invented = sum(outcome => outcome.invented);
    const missed = sum(outcome => outcome.missed.length);
    return {
      right,
      invented,
      missed,
      precision: ratio(right, right + invented),
      recall: ratio(right, right + missed)
    };
  }

  /** Return what becomes of the boxes of one picture, which takes much less time than of all. */
  preview(at: number, { threshold, iou }: ILensSettings): IOutcome | undefined {
    const picture = this.pictures[at];
    return (
      picture &&
      outcomeAt(
        shownBoxes(picture, this._with(iou)),
        picture.truth.length,
        threshold
      )
    );
  }

  update({ threshold, iou }: ILensSettings): void {
    if (iou !== this._iou) {
      this._iou = iou;
      const suppression = this._with(iou);
      this._shown = this.pictures.map(each => shownBoxes(each, suppression));
      this._curve = this._hasTruth
        ? precisionByRecall(this._shown, this._truth)
        : [];
    }
    this._outcomes = this.pictures.map(({ truth }, at) =>
      outcomeAt(this._shown[at] ?? [], truth.length, threshold)
    );
    this._order = this._hasTruth
      ? hardestFirst(this._outcomes)
      : [...this.pictures.keys()];
  }

  private _with(iou: number): Suppression {
    return { ...this._suppression, iou, threshold: 0 };
  }

  private readonly _truth: number;
  private _iou = NaN;
  private _shown: readonly (readonly IShownBox[])[] = [];
  private _curve: readonly ICurvePoint[] = [];
  private _outcomes: readonly IOutcome[] = [];
  private _order: readonly number[] = [];
}

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
