import type { ITranslation } from '../base/translation';
import { fixed, ticks } from '../compression-lens/svg';
import { make } from '../text/elements';
import type { ICurve } from './bench-state';
import type { BenchState } from './bench-state';
import type { LoadMoment } from './bench-traits';
import { brief } from './figures';

const NAMESPACE = 'http://www.w3.org/2000/svg';

/** The size of a chart, and of the margins around its plot, in pixels. */
const [WIDTH, HEIGHT, LEFT, RIGHT, ABOVE, BELOW] = [260, 124, 38, 26, 8, 18];
const MIB = 2 ** 20;

/** Largest by smallest value from which on an axis is logarithmic. */
const WIDE = 50;

interface ILine {
  readonly name: string;
  valueOf(moment: LoadMoment): number | null;
}

interface IChart {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  /** The first is drawn of runs in the background, too. */
  readonly lines: readonly ILine[];
  readonly canBeLogarithmic?: boolean;
  /** Whether values are counts. */
  readonly isWhole?: boolean;
  /** What was asked for, of which the line is an answer. */
  readonly asked?: number | null;
}

/** Draw the small multiples: one chart for each figure, all with the same time. */
export function charts(state: BenchState, trans: ITranslation): HTMLElement[] {
  const { focused, others } = state;
  if (focused === undefined) {
    return [
      make(
        'p',
        'pw-ServingBench-empty',
        trans.__(
          'No run yet. Choose a load, and press Run load: throughput, latency, queue, batches and memory are drawn here each second.'
        )
      )
    ];
  }
  const last = Math.max(
    focused.duration,
    ...[focused, ...others].map(each => each.moments.at(-1)?.at_s ?? 0)
  );
  return chartsOf(focused, trans).map(chart =>
    drawn(chart, {
      focused,
      others,
      seconds: last,
      cursor: state.cursor,
      trans
    })
  );
}

function chartsOf(focused: ICurve, trans: ITranslation): IChart[] {
  return [
    {
      key: 'throughput',
      title: trans.__('Throughput'),
      unit: trans.__('answers/s'),
      lines: [{ name: '', valueOf: each => each.per_second }],
      asked: focused.rate
    },
    {
      key: 'latency',
      title: trans.__('Latency'),
      unit: trans.__('ms'),
      canBeLogarithmic: true,
      lines: [
        { name: 'p99', valueOf: each => each.p99_ms },
        { name: 'p95', valueOf: each => each.p95_ms },
        { name: 'p50', valueOf: each => each.p50_ms }
      ]
    },
    {
      key: 'queue',
      title: trans.__('Queue'),
      unit: trans.__('inputs'),
      isWhole: true,
      lines: [{ name: '', valueOf: each => each.queue }]
    },
    {
      key: 'batch',
      title: trans.__('Mean batch'),
      unit: trans.__('inputs'),
      lines: [{ name: '', valueOf: each => each.batch_mean }]
    },
    {
      key: 'memory',
      title: trans.__('Memory of the server'),
      unit: trans.__('MiB'),
      lines: [
        {
          name: '',
          valueOf: ({ memory_bytes: bytes }) =>
            bytes === null ? null : bytes / MIB
        }
      ]
    },
    {
      key: 'errors',
      title: trans.__('Errors'),
      unit: trans.__('requests'),
      isWhole: true,
      lines: [{ name: '', valueOf: each => each.failed }]
    }
  ];
}

interface IDrawn {
  readonly focused: ICurve;
  readonly others: readonly ICurve[];
  /** The end of the axis. */
  readonly seconds: number;
  readonly cursor: number | null;
  readonly trans: ITranslation;
}

function drawn(chart: IChart, view: IDrawn): HTMLElement {
  const { focused, others, seconds, cursor, trans } = view;
  const moment = momentAt(focused, cursor);
  const read = chart.lines
    .map(({ name, valueOf }) => {
      const value = moment === undefined ? null : valueOf(moment);
      return `${name} ${value === null ? '–' : brief(value)}`.trim();
    })
    .reverse()
    .join(' · ');
  const figure = make('figure', 'pw-ServingBench-chart');
  const head = make('figcaption', 'pw-ServingBench-chartHead');
  head.append(
    make('span', 'pw-ServingBench-chartTitle', chart.title),
    make('span', 'pw-ServingBench-reading', `${read} ${chart.unit}`)
  );
  const svg = node('svg', {
    class: 'pw-ServingBench-svg',
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    'aria-label': trans.__(
      '%1 over %2 s, %3; the last value: %4',
      chart.title,
      brief(seconds),
      chart.unit,
      read
    ),
    'data-seconds': seconds
  });
  const [first] = chart.lines;
  const values = [
    ...chart.lines.flatMap(line => valuesOf(focused, line)),
    ...(first === undefined
      ? []
      : others.flatMap(each => valuesOf(each, first))),
    ...(chart.asked ? [chart.asked] : [])
  ];
  const scale = scaleOf(values, chart.canBeLogarithmic ?? false);
  const x = (at: number): number =>
    LEFT + ((WIDTH - LEFT - RIGHT) * at) / (seconds || 1);
  const bottom = HEIGHT - BELOW;
  const y = (value: number): number =>
    bottom - (bottom - ABOVE) * scale.share(value);
  const isShown = (tick: number): boolean =>
    chart.isWhole !== true || Number.isInteger(tick);
  for (const tick of scale.ticks.filter(isShown)) {
    svg.append(
      node('path', {
        class: 'pw-ServingBench-grid',
        d: `M${LEFT} ${fixed(y(tick))}H${WIDTH - RIGHT}`
      }),
      text(brief(tick), LEFT - 4, y(tick) + 3.5, 'end')
    );
  }
  for (const tick of ticks(0, seconds, 4)) {
    svg.append(text(brief(tick), x(tick), HEIGHT - 5, 'middle'));
  }
  if (chart.asked) {
    svg.append(
      node('path', {
        class: 'pw-ServingBench-asked',
        d: `M${LEFT} ${fixed(y(chart.asked))}H${WIDTH - RIGHT}`
      })
    );
  }
  const labels = new Labels();
  chart.lines.forEach((line, at) => {
    const points = pointsOf(focused, line, x, y);
    svg.append(...polyline(points, at === 0 ? 'main' : `main${at + 1}`));
    const end = points.filter(each => each !== null).at(-1);
    const name = line.name || String(focused.number ?? '');
    if (end && name !== '') {
      svg.append(...labels.at(name, end, 'pw-ServingBench-mainLabel'));
    }
  });
  if (first !== undefined) {
    for (const each of [...others].reverse()) {
      const points = pointsOf(each, first, x, y);
      svg.prepend(...polyline(points, 'other'));
      const end = points.filter(point => point !== null).at(-1);
      if (end) {
        svg.append(
          ...labels.at(String(each.number), end, 'pw-ServingBench-label')
        );
      }
    }
  }
  if (cursor !== null && moment !== undefined) {
    const at = fixed(x(moment.at_s));
    svg.append(
      node('path', {
        class: 'pw-ServingBench-cursor',
        d: `M${at} ${ABOVE}V${bottom}`
      })
    );
  }
  if (scale.isLogarithmic) {
    head.firstElementChild?.append(
      make('span', 'pw-ServingBench-scale', trans.__('logarithmic'))
    );
  }
  figure.append(head, svg);
  return figure;
}

/** Return the moment closest to an instant, or the last one. */
export function momentAt(
  { moments }: ICurve,
  at: number | null
): LoadMoment | undefined {
  if (at === null) {
    return moments.at(-1);
  }
  return moments.reduce<LoadMoment | undefined>(
    (best, each) =>
      best === undefined || Math.abs(each.at_s - at) < Math.abs(best.at_s - at)
        ? each
        : best,
    undefined
  );
}

/** Return the seconds at a place of a chart. */
export function secondsAt(svg: SVGElement, clientX: number): number {
  const { left, width } = svg.getBoundingClientRect();
  const place = ((clientX - left) * WIDTH) / (width || 1);
  const share = (place - LEFT) / (WIDTH - LEFT - RIGHT);
  return Math.max(0, share) * Number(svg.getAttribute('data-seconds'));
}

function valuesOf({ moments }: ICurve, line: ILine): number[] {
  return moments.flatMap(each => line.valueOf(each) ?? []);
}

interface IScale {
  readonly isLogarithmic: boolean;
  readonly ticks: readonly number[];
  /** Where a value is, 0 at the bottom and 1 at the top. */
  share(value: number): number;
}

function scaleOf(values: readonly number[], canBeLogarithmic: boolean): IScale {
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

type Point = readonly [number, number];

function pointsOf(
  { moments }: ICurve,
  line: ILine,
  x: (at: number) => number,
  y: (value: number) => number
): (Point | null)[] {
  return moments.map(each => {
    const value = line.valueOf(each);
    return value === null ? null : ([x(each.at_s), y(value)] as const);
  });
}

/** Draw a line that has gaps where values are missing; a value between gaps is a dot. */
function polyline(
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
class Labels {
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

function text(
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

function node(
  tag: string,
  attributes: Readonly<Record<string, string | number>>
): SVGElement {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  return element;
}
