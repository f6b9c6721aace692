import { codePoints } from '../text/elements';
import { short } from './figures';
import type { IPoint } from './front';
import { fixed, picture, shape, ticks } from './svg';

/** The size of the picture, and of the margins around the plot, in pixels. */
const [WIDTH, HEIGHT, LEFT, RIGHT, ABOVE, BELOW] = [460, 280, 58, 16, 14, 36];

/** Pixels of a letter, and of a line, of a name next to a point. */
const [LETTER, LINE] = [6, 12];
const LONGEST = 16;

interface IPlotTexts {
  readonly label: string;
  readonly x: string;
  readonly y: string;
  /** The name of the point of the settings. */
  readonly now: string;
}

interface IPlotOptions {
  readonly points: readonly IPoint[];
  readonly front: readonly IPoint[];
  /** The name of the try to which others are compared. */
  readonly pinned: string;
  /** What the settings are estimated to cost; undefined if it is not known. */
  readonly now: { readonly cost: number; readonly worth: number } | undefined;
  readonly texts: IPlotTexts;
  readonly signal: AbortSignal;
  readonly onChoose: (point: IPoint) => void;
}

/** Draw tries by cost and worth, with the front; hollow if they are estimated. */
export function frontPlot(options: IPlotOptions): SVGElement {
  const { points, front, pinned, now, texts, signal, onChoose } = options;
  const svg = picture(WIDTH, HEIGHT, texts.label);
  const all = now === undefined ? points : [...points, now];
  const { x, y } = axes(svg, all, options);
  const places = front.map(({ cost, worth }) => [x(cost), y(worth)] as const);
  const [first] = places;
  if (first !== undefined) {
    const steps = places
      .slice(1)
      .map(([left, top]) => `H${fixed(left)}V${fixed(top)}`);
    const d = `M${fixed(first[0])} ${HEIGHT - BELOW}V${fixed(first[1])}${steps.join('')}H${WIDTH - RIGHT}`;
    svg.append(shape('path', 'front', { d }));
  }
  const names = new NamePlaces();
  for (const point of points) {
    names.keepFree(x(point.cost), y(point.worth));
  }
  if (now !== undefined) {
    const [left, top] = [x(now.cost), y(now.worth)];
    names.keepFree(left, top);
    svg.append(
      shape('path', 'diamond', {
        d: `M${fixed(left)} ${fixed(top - 8)}l8 8l-8 8l-8 -8Z`
      }),
      ...names.name(texts.now, left, top)
    );
  }
  for (const point of points) {
    const { name, is_measured: isMeasured } = point.entry;
    const [left, top] = [x(point.cost), y(point.worth)];
    const dot = shape('circle', isMeasured ? 'measured' : 'estimated', {
      cx: left,
      cy: top,
      r: 5
    });
    const title = shape('title', 'title', {}, name);
    dot.append(title);
    // The same is done by a button of the table, which keys reach.
    dot.addEventListener(
      'click',
      () => {
        onChoose(point);
      },
      { signal }
    );
    if (name === pinned) {
      svg.append(shape('circle', 'pinned', { cx: left, cy: top, r: 9 }));
    }
    svg.append(dot, ...names.name(name, left, top));
  }
  return svg;
}

function axes(
  svg: SVGElement,
  all: readonly { readonly cost: number; readonly worth: number }[],
  { texts }: IPlotOptions
): { x: (value: number) => number; y: (value: number) => number } {
  const costs = all.map(each => each.cost);
  const worths = all.map(each => each.worth);
  const most = 1.08 * Math.max(...costs, Number.MIN_VALUE);
  const best = Math.max(...worths);
  const worst = Math.min(...worths);
  const margin = Math.max(0.08 * (best - worst), 0.005);
  const [low, high] = [worst - margin, Math.min(best + margin, 1)];
  const bottom = HEIGHT - BELOW;
  const x = (value: number): number =>
    LEFT + ((WIDTH - LEFT - RIGHT) * value) / most;
  const y = (value: number): number =>
    bottom - ((bottom - ABOVE) * (value - low)) / (high - low);
  for (const tick of ticks(0, most, 5)) {
    svg.append(
      shape('path', 'grid', { d: `M${fixed(x(tick))} ${ABOVE}V${bottom}` }),
      shape(
        'text',
        'text',
        { x: x(tick), y: bottom + 13, 'text-anchor': 'middle' },
        short(tick)
      )
    );
  }
  for (const tick of ticks(low, high, 5)) {
    svg.append(
      shape('path', 'grid', {
        d: `M${LEFT} ${fixed(y(tick))}H${WIDTH - RIGHT}`
      }),
      shape(
        'text',
        'text',
        { x: LEFT - 4, y: y(tick) + 4, 'text-anchor': 'end' },
        `${short(100 * tick)} %`
      )
    );
  }
  const middle = (ABOVE + bottom) / 2;
  svg.append(
    shape(
      'text',
      'text',
      {
        x: (LEFT + WIDTH - RIGHT) / 2,
        y: HEIGHT - 5,
        'text-anchor': 'middle'
      },
      texts.x
    ),
    shape(
      'text',
      'text',
      {
        x: 10,
        y: middle,
        'text-anchor': 'middle',
        transform: `rotate(-90 10 ${fixed(middle)})`
      },
      texts.y
    )
  );
  return { x, y };
}

interface IBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Finds places for names next to points, where they cover neither points nor other names.
 */
class NamePlaces {
  keepFree(x: number, y: number): void {
    this._taken.push({ left: x - 6, top: y - 6, right: x + 6, bottom: y + 6 });
  }

  /** Return the name at a free place, or nothing: the table has all names. */
  name(text: string, x: number, y: number): SVGElement[] {
    const short =
      text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
    const width = codePoints(short).reduce(
      (sum, letter) => sum + (letter > '\u2e7f' ? 2 * LETTER : LETTER),
      0
    );
    const choices = [
      { anchor: 'start', x: x + 10, y: y + 4, left: x + 10 },
      { anchor: 'end', x: x - 10, y: y + 4, left: x - 10 - width },
      { anchor: 'middle', x, y: y - 10, left: x - width / 2 },
      { anchor: 'middle', x, y: y + 19, left: x - width / 2 }
    ];
    for (const choice of choices) {
      const box = {
        left: choice.left,
        top: choice.y - LINE + 2,
        right: choice.left + width,
        bottom: choice.y + 2
      };
      if (this._isFree(box)) {
        this._taken.push(box);
        const place = {
          x: choice.x,
          y: choice.y,
          'text-anchor': choice.anchor
        };
        return [shape('text', 'name', place, short)];
      }
    }
    return [];
  }

  private _isFree(box: IBox): boolean {
    return (
      box.left >= LEFT &&
      box.right <= WIDTH &&
      box.top >= 0 &&
      box.bottom <= HEIGHT - BELOW &&
      this._taken.every(
        other =>
          other.right <= box.left ||
          other.left >= box.right ||
          other.bottom <= box.top ||
          other.top >= box.bottom
      )
    );
  }

  private readonly _taken: IBox[] = [];
}
