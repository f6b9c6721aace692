import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import { BoxesView, boxSummary } from './boxes-view';
import type { IShownPicture } from './boxes-view';
import { percent } from './rounding';
import { compareBoxes } from './same-boxes';
import type { IBox, IPrediction } from './steps';

/** What Paddle Inference made of the same input. */
export interface IReference {
  readonly label: string;
  readonly score: number;
  /** For a detector. */
  readonly boxes?: readonly IBox[];
}

export interface IResult {
  readonly prediction: IPrediction;
  /** How long the whole took. */
  readonly took_ms: number;
  readonly reference?: IReference;
  /** What the boxes of a detector are drawn on. */
  readonly picture?: IShownPicture;
}

/**
 * The result of a prediction: the label or the text in large, and bars; or a picture with boxes.
 */
export class ResultView {
  constructor(private readonly _trans: ITranslation) {
    this._answer.setAttribute('aria-live', 'polite');
    this.element.append(this._answer, this._more);
    this.clear();
  }

  readonly element = make('div', 'pw-Result');

  clear(): void {
    const hint = this._trans.__('The result appears here.');
    this._set(make('p', 'pw-Result-note', hint));
  }

  /** Show a failure, and perhaps what repairs it. */
  fail(message: string, ...repair: HTMLElement[]): void {
    const box = make('div', 'pw-Widget-failure', message);
    box.setAttribute('role', 'alert');
    this._set(box);
    this._more.append(...repair);
  }

  show({ prediction, took_ms, reference, picture }: IResult): void {
    const { boxes, label, score, scores } = prediction;
    if (boxes !== undefined) {
      this._showBoxes(boxes, picture);
    } else {
      this._showLabels(label, score, scores);
    }
    const took = this._trans.__('%1 ms', took_ms.toFixed(0));
    this._more.append(make('p', 'pw-Result-note', took));
    if (reference !== undefined) {
      this._more.append(this._comparison(prediction, reference));
    }
  }

  /** Give back the picture that is shown. */
  dispose(): void {
    this._boxes?.dispose();
    this._boxes = undefined;
  }

  private _showBoxes(
    boxes: readonly IBox[],
    picture: IShownPicture | undefined
  ): void {
    const [count, kinds] = boxSummary(boxes, this._trans);
    const head = make('div', 'pw-Result-head');
    if (boxes.length === 0) {
      const text = this._trans.__('No box reached the threshold.');
      head.append(make('strong', 'pw-Result-label pw-mod-empty', text));
    } else {
      head.append(
        make('strong', 'pw-Result-label', count),
        make('span', 'pw-Result-score', kinds)
      );
    }
    this._set(head);
    this._boxes = new BoxesView(boxes, picture, this._trans);
    this._more.append(this._boxes.element);
  }

  private _showLabels(
    label: string,
    score: number,
    scores: IPrediction['scores']
  ): void {
    const shown =
      label === '' ? this._trans.__('No character was recognised.') : label;
    const head = make('div', 'pw-Result-head');
    const text = make('strong', 'pw-Result-label', shown);
    text.classList.toggle('pw-mod-empty', label === '');
    head.append(text);
    if (label !== '') {
      head.append(make('span', 'pw-Result-score', percent(score)));
    }
    this._set(head);
    if (scores.length > 0) {
      const list = make('ol', 'pw-Result-bars');
      list.setAttribute('aria-label', this._trans.__('Probabilities'));
      list.append(...scores.map(([name, value]) => bar(name, value)));
      this._more.append(list);
    }
  }

  private _set(answer: HTMLElement): void {
    this.dispose();
    this._answer.replaceChildren(answer);
    this._more.replaceChildren();
  }

  private _comparison(
    { boxes, label, score }: IPrediction,
    reference: IReference
  ): HTMLElement {
    if (boxes !== undefined) {
      return this._boxComparison(boxes, reference.boxes ?? []);
    }
    const isSame = label === reference.label;
    const gap = Math.abs(score - reference.score);
    const text = isSame
      ? this._trans.__(
          '✓ Paddle gives the same result; the probabilities differ by %1.',
          scientific(gap)
        )
      : this._trans.__(
          '✗ Paddle gives another result: %1, %2.',
          reference.label,
          percent(reference.score)
        );
    return verdict(text, isSame);
  }

  private _boxComparison(
    boxes: readonly IBox[],
    reference: readonly IBox[]
  ): HTMLElement {
    const { onlyFirst, onlySecond, edgePx } = compareBoxes(boxes, reference);
    const isSame = onlyFirst + onlySecond === 0;
    const text = isSame
      ? this._trans.__(
          '✓ Paddle sees the same boxes; their edges differ by at most %1 pixels.',
          scientific(edgePx)
        )
      : this._trans.__(
          '✗ Paddle sees other boxes: %1 are only here, and %2 only there.',
          onlyFirst,
          onlySecond
        );
    return verdict(text, isSame);
  }

  /** What screen readers read out; bars and times would be too much while a text is typed. */
  private readonly _answer = make('div');
  private readonly _more = make('div');
  private _boxes: BoxesView | undefined;
}

function verdict(text: string, isSame: boolean): HTMLElement {
  const note = make('p', 'pw-Result-note', text);
  note.classList.toggle('pw-mod-different', !isSame);
  return note;
}

export function scientific(value: number): string {
  return value === 0 || !Number.isFinite(value)
    ? String(value)
    : value.toExponential(1);
}

function bar(name: string, value: number): HTMLElement {
  const item = make('li', 'pw-Result-row');
  const track = make('span', 'pw-Result-track');
  track.setAttribute('aria-hidden', 'true');
  const part = make('span', 'pw-Result-part');
  part.style.width = `${(100 * Math.min(1, Math.max(0, value))).toFixed(1)}%`;
  track.append(part);
  item.append(
    make('span', 'pw-Result-name', name),
    track,
    make('span', 'pw-Result-value', percent(value))
  );
  return item;
}
