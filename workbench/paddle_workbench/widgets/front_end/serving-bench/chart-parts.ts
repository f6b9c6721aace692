import { fixed, ticks } from '../compression-lens/svg';

const NAMESPACE = 'http://www.w3.org/2000/svg';

/** Largest by smallest value from which on an axis is logarithmic. */
const WIDE = 50;

export type Point = readonly [number, number];

interface IScale {
  readonly isLogarithmic: boolean;
  readonly ticks: readonly number[];
  /** Where a value is, 0 at the bottom and 1 at the top. */
  share(value: number): number;
}

/** Return the scale of an axis, which begins at 0 if it is not logarithmic. */
export function scaleOf(
  values: readonly number[],
  canBeLogarithmic: boolean
): IScale {
  const high = Math.max(...values, 0) || 1;
  const positive = values.filter(each => each > 0);
  const low = Math.min(...positive, high);
  if (canBeLogarithmic && high / low > WIDE) {
    const [start, end] = [
      Math.floor(Math.log10(low)),
      Math.ceil(Math.log10(high))
    ];
    return {
      isLogarithmic: true,
      ticks: Array.from(
        { length: end - start + 1 },
        (_, at) => 10 ** (start + at)
      ),
      share: value =>
        value <= 0 ? 0 : (Math.log10(value) - start) / (end - start)
    };
  }
  const most = 1.08 * high;
  return {
    isLogarithmic: false,
    ticks: ticks(0, most, 3),
    share: value => value / most
  };
}

/** Draw a line that has gaps where values are missing; a value between gaps is a dot. */
export function polyline(
  points: readonly (Point | null)[],
  kind: string
): SVGElement[] {
  const parts: Point[][] = [[]];
  for (const point of points) {
    if (point === null) {
      parts.push([]);
    } else {
      parts.at(-1)?.push(point);
    }
  }
  return parts
    .filter(part => part.length > 0)
    .map(part => {
      const [first] = part;
      return part.length === 1 && first
        ? node('circle', {
            class: `pw-ServingBench-dot pw-mod-${kind}`,
            cx: fixed(first[0]),
            cy: fixed(first[1]),
            r: 2
          })
        : node('polyline', {
            class: `pw-ServingBench-line pw-mod-${kind}`,
            points: part.map(([a, b]) => `${fixed(a)},${fixed(b)}`).join(' ')
          });
    });
}

/** Puts names at the ends of lines, where no other name is. */
export class Labels {
  at(name: string, [x, y]: Point, className: string): SVGElement[] {
    const isFree = this._taken.every(
      other => Math.abs(other[1] - y) >= 10 || Math.abs(other[0] - x) > 22
    );
    if (!isFree) {
      return [];
    }
    this._taken.push([x, y]);
    const label = text(name, x + 3, y + 3.5, 'start');
    label.classList.add(className);
    return [label];
  }

  private readonly _taken: Point[] = [];
}

export function text(
  content: string,
  x: number,
  y: number,
  anchor: string
): SVGElement {
  const element = node('text', {
    class: 'pw-ServingBench-tick',
    x: fixed(x),
    y: fixed(y),
    'text-anchor': anchor
  });
  element.textContent = content;
  return element;
}

export function node(
  tag: string,
  attributes: Readonly<Record<string, string | number>>
): SVGElement {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  return element;
}
