import type { ITranslation } from '../base/translation';
import { fixed, ticks } from '../compression-lens/svg';
import { make } from '../text/elements';
import type { BenchState, ICurve } from './bench-state';
import type { LoadMoment } from './bench-traits';
import type { Point } from './chart-parts';
import { Labels, node, polyline, scaleOf, text } from './chart-parts';
import { brief } from './figures';

/** The size of a chart, and of the margins around its plot, in pixels. */
const [WIDTH, HEIGHT, LEFT, RIGHT, ABOVE, BELOW] = [260, 112, 38, 26, 8, 18];
const MIB = 2 ** 20;

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
      title: trans.__('Inputs in the queue'),
      unit: '',
      isWhole: true,
      lines: [{ name: '', valueOf: each => each.queue }]
    },
    {
      key: 'batch',
      title: trans.__('Inputs of a batch, mean'),
      unit: '',
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
      title: trans.__('Failed requests'),
      unit: '',
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
  const reading = readingOf(chart, moment);
  const figure = make('figure', 'pw-ServingBench-chart');
  const head = make('figcaption', 'pw-ServingBench-chartHead');
  head.append(
    make('span', 'pw-ServingBench-chartTitle', chart.title),
    make('span', 'pw-ServingBench-reading', reading)
  );
  const svg = node('svg', {
    class: 'pw-ServingBench-svg',
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    'aria-label': trans.__(
      '%1 over %2 s; the value read off: %3',
      chart.title,
      Math.round(seconds),
      reading
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
      make('span', 'pw-ServingBench-scale', trans.__('log'))
    );
  }
  figure.append(head, svg);
  return figure;
}

/** Return what the charts read at the cursor, for those who do not see it. */
export function readings(state: BenchState, trans: ITranslation): string {
  const { focused, cursor } = state;
  const moment = focused && momentAt(focused, cursor);
  if (focused === undefined || moment === undefined) {
    return '';
  }
  const values = chartsOf(focused, trans).map(
    chart => `${chart.title} ${readingOf(chart, moment)}`
  );
  return [trans.__('%1 s', brief(moment.at_s)), ...values].join(trans.__(', '));
}

function readingOf(
  { lines, unit }: IChart,
  moment: LoadMoment | undefined
): string {
  const values = lines.map(({ name, valueOf }) => {
    const value = moment === undefined ? null : valueOf(moment);
    return `${name} ${value === null ? '–' : brief(value)}`.trim();
  });
  return `${values.reverse().join(' · ')} ${unit}`.trim();
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
