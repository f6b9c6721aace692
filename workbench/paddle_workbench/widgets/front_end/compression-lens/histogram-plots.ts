import type {
  IntegerGrid,
  ValueHistogram
} from '../../../../src/contract/compression';
import { short } from './figures';
import type { ILevels } from './rounding-cells';
import { countsByLevel, levelsOf, nearest, rangeOf } from './rounding-cells';
import { fixed, picture, shape, ticks } from './svg';

/** The size of a small histogram, and of a large one with what is rounded away, in pixels. */
const [SMALL_WIDTH, SMALL_HEIGHT] = [104, 26];
const [WIDTH, HEIGHT, ERRORS, AXIS] = [300, 96, 34, 16];

/** The errors of levels that are closer are drawn as an area, and those that are closer still not as bars. */
const [CLOSE, LEAST] = [3, 0.4];

/** What is left free on both sides of the values, as a share of their range. */
const MARGIN = 0.02;

/** From a value to pixels. */
type Axis = (value: number) => number;

/** Draw a histogram for a row of the table, with the ends of a grid. */
export function smallHistogram(
  histogram: ValueHistogram,
  grid: IntegerGrid | null | undefined,
  label: string
): SVGElement {
  const svg = picture(SMALL_WIDTH, SMALL_HEIGHT, label);
  svg.setAttribute('width', String(SMALL_WIDTH));
  svg.setAttribute('height', String(SMALL_HEIGHT));
  const [low, high] = domainOf(histogram, []);
  const x = axis(low, high, SMALL_WIDTH);
  svg.append(area(histogram, x, SMALL_HEIGHT));
  if (grid) {
    svg.append(...beyond(levelsOf(grid), [low, high], x, SMALL_HEIGHT));
  }
  return svg;
}

interface ILevelsOptions {
  readonly label: string;
  /** The largest difference that is drawn. */
  readonly widest: number;
  /** The ends of the axis. */
  readonly domain: readonly [number, number];
}

/** The ends of an axis on which a histogram and the levels of all grids that it uses have room. */
export function domainOf(
  histogram: ValueHistogram,
  grids: readonly (IntegerGrid | null)[]
): readonly [number, number] {
  const { edges } = histogram;
  const outer = [edges[0], edges.at(-1) ?? 1];
  const used = grids.flatMap(grid =>
    grid === null ? [] : outer.map(each => nearest(each, levelsOf(grid)))
  );
  return withMargin(Math.min(...outer, ...used), Math.max(...outer, ...used));
}

/**
 * Draw a histogram with the levels of a grid, how many values go to each, and below it the
 * difference of each value to its level.
 */
export function levelsPlot(
  histogram: ValueHistogram,
  grid: IntegerGrid | null | undefined,
  { label, widest, domain }: ILevelsOptions
): SVGElement {
  const svg = picture(WIDTH, HEIGHT + AXIS + (grid ? ERRORS : 0), label);
  const [low, high] = domain;
  const x = axis(low, high, WIDTH);
  svg.append(area(histogram, x, HEIGHT));
  for (const tick of ticks(low, high, 4)) {
    const place = Math.min(WIDTH - 12, Math.max(12, x(tick)));
    svg.append(
      shape('path', 'grid', { d: `M${fixed(x(tick))} ${HEIGHT}v3` }),
      shape(
        'text',
        'text',
        { x: place, y: HEIGHT + 13, 'text-anchor': 'middle' },
        short(tick)
      )
    );
  }
  svg.append(shape('path', 'axis', { d: `M0 ${HEIGHT}H${WIDTH}` }));
  if (grid) {
    const levels = levelsOf(grid);
    svg.append(
      ...bars(histogram, levels, x),
      ...beyond(levels, [low, high], x, HEIGHT),
      ...errors(levels, [low, high], x, widest)
    );
  }
  return svg;
}

function withMargin(low: number, high: number): readonly [number, number] {
  const margin = MARGIN * (high - low);
  return [low - margin, high + margin];
}

function axis(low: number, high: number, width: number): Axis {
  return value => (width * (value - low)) / (high - low);
}

/** The logarithm of a density as a share of the highest: tails are what grids cut off. */
function heights(histogram: ValueHistogram): (density: number) => number {
  const all = histogram.counts.map(
    (count, bin) => count / widthOf(histogram, bin)
  );
  const highest = Math.max(...all);
  const lowest = Math.min(...all.filter(each => each > 0));
  const span = Math.log1p((2 * highest) / lowest);
  return density =>
    density > 0
      ? Math.min(1, Math.max(0.04, Math.log1p((2 * density) / lowest) / span))
      : 0;
}

function widthOf({ edges }: ValueHistogram, bin: number): number {
  return (edges[bin + 1] ?? 0) - (edges[bin] ?? 0);
}

function area(histogram: ValueHistogram, x: Axis, height: number): SVGElement {
  const { edges, counts } = histogram;
  const share = heights(histogram);
  const steps = counts.map((count, bin) => {
    const top = height * (1 - share(count / widthOf(histogram, bin)));
    return `V${fixed(top)}H${fixed(x(edges[bin + 1] ?? 0))}`;
  });
  const d = `M${fixed(x(edges[0]))} ${height}${steps.join('')}V${height}Z`;
  return shape('path', 'area', { d });
}

/** How many values go to each level, as bars that are as high as the values around are dense. */
function bars(
  histogram: ValueHistogram,
  levels: ILevels,
  x: Axis
): SVGElement[] {
  const share = heights(histogram);
  const step = x(levels.scale) - x(0);
  if (step < LEAST) {
    return [];
  }
  const width = Math.min(8, Math.max(0.7, 0.5 * step));
  return [...countsByLevel(histogram, levels)].map(([whole, count]) => {
    const place = x((whole - levels.zeroPoint) * levels.scale);
    const tall = HEIGHT * share(count / levels.scale);
    return shape('rect', 'level', {
      x: place - width / 2,
      y: HEIGHT - tall,
      width,
      height: tall
    });
  });
}

/** What lies beyond the ends of a grid, and the ends. */
function beyond(
  levels: ILevels,
  [low, high]: readonly [number, number],
  x: Axis,
  height: number
): SVGElement[] {
  const parts: SVGElement[] = [];
  const [from, to] = rangeOf(levels);
  // Next to the outer values nothing is cut off, and what is less than half a step beyond is only
  // rounded.
  const margin = (MARGIN * (high - low)) / (1 + 2 * MARGIN) + levels.scale / 2;
  const cut = (start: number, end: number, at: number): void => {
    if (end - start > 1.01 * margin) {
      parts.push(
        shape('rect', 'beyond', {
          x: x(start),
          y: 0,
          width: x(end) - x(start),
          height
        }),
        shape('path', 'end', { d: `M${fixed(x(at))} 0V${height}` })
      );
    }
  };
  cut(low, Math.min(from, high), from);
  cut(Math.max(to, low), high, to);
  return parts;
}

/** The difference of each value to its level, up and down from a line in the middle. */
function errors(
  levels: ILevels,
  [low, high]: readonly [number, number],
  x: Axis,
  widest: number
): SVGElement[] {
  const middle = HEIGHT + AXIS + ERRORS / 2;
  const y = (value: number): number =>
    middle -
    (ERRORS / 2) * Math.min(1, Math.max(-1, widest > 0 ? value / widest : 0));
  const [from, to] = rangeOf(levels);
  const inside = [Math.max(low, from), Math.min(high, to)] as const;
  const path = [`M0 ${fixed(middle)}`];
  const step = x(levels.scale) - x(0);
  if (step < CLOSE && inside[1] > inside[0]) {
    // Closer than the eye tells apart: what is rounded away is up to half a step everywhere.
    const half = Math.max(0.5, middle - y(levels.scale / 2));
    const [left, right] = inside.map(value => fixed(x(value)));
    path.push(
      `M${left ?? 0} ${fixed(middle - half)}H${right ?? 0}V${fixed(middle + half)}H${left ?? 0}Z`
    );
  }
  const samples = 2 * WIDTH;
  const parts = Array.from({ length: samples + 1 }, (_, at) => {
    const value = low + ((high - low) * at) / samples;
    const isInside = value >= inside[0] && value <= inside[1];
    const error = step < CLOSE && isInside ? 0 : value - nearest(value, levels);
    return `L${fixed(x(value))} ${fixed(y(error))}`;
  });
  path.push(`M0 ${fixed(middle)}${parts.join('')}L${WIDTH} ${fixed(middle)}Z`);
  return [
    shape('path', 'axis', { d: `M0 ${fixed(middle)}H${WIDTH}` }),
    shape('path', 'error', { d: path.join('') })
  ];
}
