import type { ITranslation } from '../base/translation';
import { make, walk } from '../text/elements';
import { makeBoxItem, makeFrame } from './box-frames';
import { percent } from './rounding';
import type { IBox } from './steps';

/** Boxes that are drawn and listed; thousands would hide the picture. */
const MOST = 100;

/** A picture to draw boxes on. */
export interface IShownPicture {
  readonly file: Blob;
  readonly width: number;
  readonly height: number;
}

/**
 * A picture with boxes and their labels over it, and the same as a list: the box of the item under
 * the pointer or with the focus stands out. The arrow keys walk through the list.
 */
export class BoxesView {
  constructor(
    boxes: readonly IBox[],
    picture: IShownPicture | undefined,
    trans: ITranslation
  ) {
    const shown = boxes.slice(0, MOST);
    const frames = shown.map(({ corners, label, score }) =>
      makeFrame(
        corners,
        `${label} ${percent(score)}`,
        picture ?? { width: 1, height: 1 }
      )
    );
    if (picture !== undefined) {
      this._address = URL.createObjectURL(picture.file);
      const image = make('img', 'pw-Boxes-picture');
      image.alt = trans.__('The picture with its boxes');
      image.src = this._address;
      const stage = make('div', 'pw-Boxes-stage');
      // A better box covers a worse one; the list says all of it.
      const overlay = make('div');
      overlay.setAttribute('aria-hidden', 'true');
      overlay.append(...[...frames].reverse());
      stage.append(image, overlay);
      this.element.append(stage);
    }
    if (shown.length > 0) {
      const list = make('ol', 'pw-Boxes-list');
      list.setAttribute('aria-label', trans.__('Boxes'));
      const { signal } = this._end;
      const items = shown.map((box, at) =>
        itemOf(box, frames[at], trans, signal)
      );
      walk(items, signal);
      list.append(...items);
      this.element.append(list);
    }
    if (boxes.length > MOST) {
      const note = trans.__(
        '%1 more boxes with lower scores are not shown.',
        boxes.length - MOST
      );
      this.element.append(make('p', 'pw-Result-note', note));
    }
  }

  readonly element = make('div', 'pw-Boxes');

  /** Give the picture back. */
  dispose(): void {
    this._end.abort();
    URL.revokeObjectURL(this._address);
  }

  private readonly _end = new AbortController();
  private readonly _address: string = '';
}

/** Return how many boxes there are, and how many of each label. */
export function boxSummary(
  boxes: readonly IBox[],
  trans: ITranslation
): readonly [string, string] {
  const counts = new Map<string, number>();
  for (const { label } of boxes) {
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [
    trans.__('Boxes: %1', boxes.length),
    Array.from(counts, ([label, count]) => `${label} ${count}`).join(', ')
  ];
}

function itemOf(
  { corners, label, score }: IBox,
  frame: HTMLElement | undefined,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const place = trans.__(
    'left %1, top %2, right %3, bottom %4',
    ...corners.map(edge => Math.round(edge))
  );
  return makeBoxItem([label, percent(score), place], frame, signal);
}
