import { make } from '../text/elements';
import type { ICurvePoint } from './outcomes';
import type { IAnchors } from './lens-pictures';

const NAMESPACE = 'http://www.w3.org/2000/svg';

/** The size of a plot, and of the margin left of it and below it, in pixels. */
const [WIDTH, HEIGHT, LEFT, BELOW, ABOVE] = [230, 170, 32, 32, 8];

/** From a number of an axis to pixels. */
interface IAxes {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

interface IAxisTexts {
  /** What the plot shows, for those who do not see it. */
  readonly label: string;
  readonly x: string;
  readonly y: string;
}

/** A curve of precision by recall, with the point of the threshold. */
export function curvePlot(
  curve: readonly ICurvePoint[],
  point: { readonly precision: number; readonly recall: number } | undefined,
  texts: IAxisTexts
): SVGElement {
  const { svg, axes } = plot([1, 1], [0, 0.5, 1], texts);
  const { x, y } = axes;
  const places = thinned(
    curve.map(({ precision, recall }) => [x(recall), y(precision)] as const)
  );
  const path = places.map(([left, top]) => `${fixed(left)},${fixed(top)}`);
  svg.append(element('polyline', 'curve', { points: path.join(' ') }));
  if (point !== undefined) {
    const [left, top] = [x(point.recall), y(point.precision)];
    const lines = `M${fixed(left)} ${fixed(y(0))}V${fixed(top)}H${fixed(x(0))}`;
    svg.append(
      element('path', 'guide', { d: lines }),
      element('circle', 'point', { cx: left, cy: top, r: 4.5 })
    );
  }
  return svg;
}

/** The sizes of boxes as dots, hollow if no anchor covers them, and the anchors as squares. */
export function anchorPlot(
  sizes: readonly (readonly number[])[],
  anchors: readonly IAnchors[],
  covered: number,
  texts: IAxisTexts
): SVGElement {
  const every = anchors.flatMap(each => each.sizes);
  const all = [...sizes, ...every];
  const longest = (axis: 0 | 1): number =>
    niceAbove(Math.max(1, ...all.map(size => size[axis] ?? 0)));
  const [width, height] = [longest(0), longest(1)];
  const { svg, axes } = plot([width, height], undefined, texts);
  const { x, y } = axes;
  const drawn = new Set<string>();
  for (const [wide = 0, high = 0, best = 0] of sizes) {
    const place = { cx: Math.round(x(wide)), cy: Math.round(y(high)), r: 2.5 };
    const kind = best >= covered ? 'covered' : 'uncovered';
    const key = `${place.cx} ${place.cy} ${kind}`;
    // Boxes of one size would only cost time.
    if (!drawn.has(key)) {
      drawn.add(key);
      svg.append(element('circle', kind, place));
    }
  }
  for (const [wide, high] of every) {
    const corner = { x: x(wide) - 4, y: y(high) - 4, width: 8, height: 8 };
    svg.append(element('rect', 'anchor', corner));
  }
  return svg;
}

/** Return a number with one digit or a half that is not below another number. */
export function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor =
    [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find(each => each * power >= value) ?? 10;
  return factor * power;
}

/** Leave out points that are less than half a pixel from the one before, but for the last. */
function thinned(
  places: readonly (readonly [number, number])[]
): (readonly [number, number])[] {
  const kept: (readonly [number, number])[] = [];
  places.forEach((place, at) => {
    const [left, top] = kept.at(-1) ?? [-9, -9];
    const far = Math.abs(place[0] - left) + Math.abs(place[1] - top) >= 0.5;
    if (far || at === places.length - 1) {
      kept.push(place);
    }
  });
  return kept;
}

function plot(
  [width, height]: readonly [number, number],
  ticks: readonly number[] | undefined,
  texts: IAxisTexts
): { svg: SVGElement; axes: IAxes } {
  const svg = element('svg', 'svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', texts.label);
  const bottom = HEIGHT - BELOW;
  const x = (value: number): number =>
    LEFT + ((WIDTH - LEFT - 10) * value) / width;
  const y = (value: number): number =>
    bottom - ((bottom - ABOVE) * value) / height;
  for (const tick of ticks ?? [0, width / 2, width]) {
    svg.append(
      element('path', 'grid', { d: `M${x(tick)} ${ABOVE}V${bottom}` }),
      label(String(tick), { x: x(tick), y: bottom + 13, anchor: 'middle' })
    );
  }
  for (const tick of ticks ?? [0, height / 2, height]) {
    svg.append(
      element('path', 'grid', { d: `M${LEFT} ${y(tick)}H${WIDTH - 10}` }),
      label(String(tick), { x: LEFT - 4, y: y(tick) + 4, anchor: 'end' })
    );
  }
  const middle = (ABOVE + bottom) / 2;
  const upright = label(texts.y, { x: 9, y: middle, anchor: 'middle' });
  upright.setAttribute('transform', `rotate(-90 9 ${middle})`);
  svg.append(
    label(texts.x, {
      x: (LEFT + WIDTH - 10) / 2,
      y: HEIGHT - 4,
      anchor: 'middle'
    }),
    upright
  );
  return { svg, axes: { x, y } };
}

function label(
  text: string,
  place: { readonly x: number; readonly y: number; readonly anchor: string }
): SVGElement {
  const { x, y, anchor } = place;
  const node = element('text', 'text', { x, y, 'text-anchor': anchor });
  node.textContent = text;
  return node;
}

function element(
  tag: string,
  kind: string,
  attributes: Readonly<Record<string, string | number>>
): SVGElement {
  const node = document.createElementNS(NAMESPACE, tag);
  node.setAttribute('class', `pw-DetectionLens-${kind}`);
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, String(value));
  }
  return node;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

/** A plot with a caption below it. */
export function captioned(svg: SVGElement, caption: string): HTMLElement {
  const figure = make('figure', 'pw-DetectionLens-figure');
  figure.append(svg, make('figcaption', 'pw-Text-note', caption));
  return figure;
}
