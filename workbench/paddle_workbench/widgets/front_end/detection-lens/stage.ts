import type { ITranslation } from '../base/translation';
import { makeBoxItem, makeFrame } from '../bundle/box-frames';
import { percent } from '../bundle/rounding';
import type { Corners } from '../bundle/suppression';
import { make, walk } from '../text/elements';
import type { ILensPicture, IObjectness } from './lens-pictures';
import type { IOutcome } from './outcomes';

/** Signs and colours of classes, which begin again after the last. */
const KIND_SIGNS = ['●', '■', '▲', '◆', '★', '⬟', '▼', '✚'];

type BoxState = 'right' | 'invented' | 'missed' | 'seen';

const STATE_SIGNS: Record<BoxState, string> = {
  right: '✓',
  invented: '+',
  missed: '−',
  seen: ''
};

interface IDrawnBox {
  readonly corners: Corners;
  readonly kind: number;
  readonly state: BoxState;
  readonly score?: number;
}

interface IStageOptions {
  readonly classes: readonly string[];
  readonly hasTruth: boolean;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
}

/** Return the sign of a class, which tells it from others without colours. */
export function kindSign(kind: number): string {
  return KIND_SIGNS[kind % KIND_SIGNS.length] ?? '';
}

/** Return the CSS class with the colour of a class. */
export function kindStyle(kind: number): string {
  return `pw-mod-kind${kind % KIND_SIGNS.length}`;
}

/**
 * A picture with its boxes, and the same boxes as a list. They are drawn again at each movement of a
 * slider, and the picture only if it is another one.
 */
export class Stage {
  constructor(private readonly _options: IStageOptions) {
    const { trans, signal } = _options;
    this._stage.append(this._image, this._map, this._overlay);
    this._overlay.setAttribute('aria-hidden', 'true');
    this._list.setAttribute('aria-label', trans.__('Boxes'));
    this._details.append(this._summary, this._list);
    this.node.append(this._stage);
    signal.addEventListener('abort', () => {
      this._end.abort();
      URL.revokeObjectURL(this._address);
    });
  }

  readonly node = make('div', 'pw-DetectionLens-stage');

  /** The list of boxes, which comes below the notes on the picture. */
  get details(): HTMLElement {
    return this._details;
  }

  /** Show the file of another picture; without one its boxes have no place. */
  show(file: DataView, name: string): void {
    URL.revokeObjectURL(this._address);
    const { buffer, byteOffset, byteLength } = file;
    const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    this._address = URL.createObjectURL(
      new Blob([bytes], { type: 'image/jpeg' })
    );
    this._image.src = this._address;
    this._image.alt = this._options.trans.__('%1 with its boxes', name);
    this._stage.hidden = byteLength === 0;
  }

  draw(picture: ILensPicture, outcome: IOutcome): void {
    this._end.abort();
    this._end = new AbortController();
    const { signal } = this._end;
    this._stage.style.aspectRatio = `${picture.width} / ${picture.height}`;
    const boxes = this._boxesOf(picture, outcome);
    const frames = boxes.map(box => this._frame(box, picture));
    // A better box covers a worse one.
    this._overlay.replaceChildren(...[...frames].reverse());
    const items = boxes.map((box, at) => this._item(box, frames[at], signal));
    walk(items, signal);
    this._list.replaceChildren(...items);
    this._summary.textContent = this._options.trans.__(
      'Boxes of this picture: %1',
      boxes.length
    );
  }

  /** Cover the picture with what a scale sees, or with nothing. */
  drawMap(map: IObjectness | undefined, picture: ILensPicture): void {
    this._stage.classList.toggle('pw-mod-map', map !== undefined);
    this._map.hidden = map === undefined;
    if (map === undefined) {
      return;
    }
    const [x1, y1, x2, y2] = map.corners;
    this._map.width = map.columns;
    this._map.height = map.rows;
    this._map.style.left = `${(100 * x1) / picture.width}%`;
    this._map.style.top = `${(100 * y1) / picture.height}%`;
    this._map.style.width = `${(100 * (x2 - x1)) / picture.width}%`;
    this._map.style.height = `${(100 * (y2 - y1)) / picture.height}%`;
    const context = this._map.getContext('2d');
    if (context === null) {
      return;
    }
    context.fillStyle = getComputedStyle(this._map).color;
    for (let cell = 0; cell < map.rows * map.columns; cell++) {
      context.globalAlpha = map.values.getUint8(cell) / 255;
      context.fillRect(
        cell % map.columns,
        Math.floor(cell / map.columns),
        1,
        1
      );
    }
  }

  private _boxesOf(picture: ILensPicture, outcome: IOutcome): IDrawnBox[] {
    const found = outcome.boxes.map(
      ({ corners, kind, score, truth }): IDrawnBox => ({
        corners,
        kind,
        score,
        state: !this._options.hasTruth
          ? 'seen'
          : truth >= 0
            ? 'right'
            : 'invented'
      })
    );
    const missed = outcome.missed.flatMap((at): IDrawnBox[] => {
      const there = picture.truth[at];
      return there === undefined ? [] : [{ ...there, state: 'missed' }];
    });
    return [...found, ...missed];
  }

  private _frame(box: IDrawnBox, picture: ILensPicture): HTMLElement {
    const { kind, score, state, corners } = box;
    const sign = state === 'right' ? '' : STATE_SIGNS[state];
    const sure = score === undefined ? '' : String(Math.round(100 * score));
    const name = this._options.classes[kind] ?? '';
    const tag = [`${sign}${kindSign(kind)}`, sure, name];
    const frame = makeFrame(corners, tag.filter(Boolean).join(' '), picture);
    frame.classList.add(`pw-mod-${state}`, kindStyle(kind));
    return frame;
  }

  private _item(
    { kind, score, state, corners }: IDrawnBox,
    frame: HTMLElement | undefined,
    signal: AbortSignal
  ): HTMLElement {
    const { classes, trans } = this._options;
    const label = `${STATE_SIGNS[state]} ${kindSign(kind)} ${classes[kind] ?? ''}`;
    const sure = score === undefined ? '–' : percent(score);
    const place = trans.__(
      'left %1, top %2, right %3, bottom %4',
      ...corners.map(edge => Math.round(edge))
    );
    const item = makeBoxItem([label.trim(), sure, place], frame, signal);
    const name = stateName(state, trans);
    item.title = name;
    if (name !== '') {
      item.setAttribute(
        'aria-label',
        [name, classes[kind] ?? '', sure, place].join(', ')
      );
    }
    return item;
  }

  private readonly _stage = make('div', 'pw-Boxes-stage');
  private readonly _image = make('img', 'pw-Boxes-picture');
  private readonly _map = make('canvas', 'pw-DetectionLens-map');
  private readonly _overlay = make('div');
  private readonly _details = make('details', 'pw-DetectionLens-boxes');
  private readonly _summary = make('summary');
  private readonly _list = make('ol', 'pw-Boxes-list');
  private _end = new AbortController();
  private _address = '';
}

function stateName(state: BoxState, trans: ITranslation): string {
  switch (state) {
    case 'right':
      return trans.__('right');
    case 'invented':
      return trans.__('invented');
    case 'missed':
      return trans.__('missed');
    case 'seen':
      return '';
  }
}
