import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { valueText } from './run-text';

const WIDTH = 320;
const HEIGHT = 150;
const LEFT = 8;
const RIGHT = 28;
const TOP = 10;
const BOTTOM = 10;
/** A parameter that spans this or more, such as a learning rate, gets a logarithmic axis. */
const LOG_RATIO = 10;

/** A line, or points without one. */
export interface IPlotLine {
  readonly label: string;
  /** Pairs of x and y. */
  readonly points: readonly (readonly number[])[];
}

interface ILinePlotProps {
  /** Whether the points are not connected. */
  isScatter?: boolean;
  lines: readonly IPlotLine[];
  /** The metric, on the upward axis. */
  name: string;
  trans: TranslationBundle;
  /** What is on the other axis; by default the seconds since the start. */
  xName?: string;
}

/** Lines of a metric, each with its label at its end. */
export function LinePlot(props: ILinePlotProps): React.JSX.Element {
  const { isScatter = false, lines, name, trans, xName } = props;
  const points = lines.flatMap(({ points }) => points);
  const x = rangeOf(points.map(([value = NaN]) => value));
  const y = rangeOf(points.map(([, value = NaN]) => value));
  const isLog = isScatter && x.low > 0 && x.high / x.low >= LOG_RATIO;
  const along = isLog
    ? (value: number) => share(Math.log(value), logOf(x))
    : (value: number) => share(value, x);
  const place = ([px = NaN, py = NaN]: readonly number[]): [number, number] => [
    LEFT + along(px) * (WIDTH - LEFT - RIGHT),
    HEIGHT - BOTTOM - share(py, y) * (HEIGHT - TOP - BOTTOM)
  ];
  const axis = xName ?? trans.__('seconds');
  return (
    <figure className="pw-LinePlot">
      <figcaption className="pw-MetricPlot-caption">
        <span className="pw-MetricPlot-name">{name}</span>
        <span className="pw-MetricPlot-range">
          {valueText(y.low)} – {valueText(y.high)}
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={trans.__(
          '%1 against %2: %3 lines, between %4 and %5',
          name,
          axis,
          lines.length,
          valueText(y.low),
          valueText(y.high)
        )}
      >
        <path
          className="pw-LinePlot-axis"
          d={`M${LEFT} ${TOP}V${HEIGHT - BOTTOM / 2}H${WIDTH - RIGHT}`}
        />
        {lines.map(({ label, points: own }, index) => {
          const places = own
            .filter(pair => pair.length > 1 && pair.every(isFinite))
            .map(place);
          const end = places.at(-1);
          return (
            <g key={label} className="pw-LinePlot-line" data-index={index % 6}>
              {!isScatter && (
                <polyline points={places.map(pair => pair.join()).join(' ')} />
              )}
              {(isScatter || places.length === 1) &&
                places.map(([cx, cy], number) => (
                  <circle key={number} cx={cx} cy={cy} r={3} />
                ))}
              {end && label !== '' && (
                <text x={end[0] + 5} y={end[1] + 4}>
                  {label}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <span className="pw-LinePlot-x">
        {valueText(x.low)} – {valueText(x.high)} {axis}
        {isLog && ` (${trans.__('logarithmic')})`}
      </span>
    </figure>
  );
}

interface IRange {
  readonly low: number;
  readonly high: number;
}

function rangeOf(values: readonly number[]): IRange {
  const finite = values.filter(isFinite);
  return finite.length === 0
    ? { low: 0, high: 0 }
    : { low: Math.min(...finite), high: Math.max(...finite) };
}

function logOf({ high, low }: IRange): IRange {
  return { low: Math.log(low), high: Math.log(high) };
}

function share(value: number, { high, low }: IRange): number {
  return high === low ? 0.5 : (value - low) / (high - low);
}
