import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { valueText } from './run-text';

const WIDTH = 120;
const HEIGHT = 32;
const MARGIN = 3;

interface IMetricPlotProps {
  name: string;
  /** Pairs of seconds since the start and value. */
  points: readonly (readonly number[])[];
  trans: TranslationBundle;
}

/** A metric over time as a small line, with its last value. */
export const MetricPlot = React.memo(function MetricPlot(
  props: IMetricPlotProps
): React.JSX.Element {
  const { name, points, trans } = props;
  const values = points.map(([, value]) => value ?? NaN).filter(isFinite);
  const last = values.at(-1);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const text = last === undefined ? '' : valueText(last);
  return (
    <figure className="pw-MetricPlot">
      <figcaption className="pw-MetricPlot-caption">
        <span className="pw-MetricPlot-name" title={name}>
          {name}
        </span>
        <span className="pw-MetricPlot-value">{text}</span>
      </figcaption>
      {values.length > 1 && (
        <svg
          className="pw-MetricPlot-picture"
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={trans.__(
            '%1 over time: from %2 to %3, between %4 and %5',
            name,
            valueText(values[0]),
            text,
            valueText(low),
            valueText(high)
          )}
        >
          <polyline
            className="pw-MetricPlot-line"
            points={linePoints(points)}
            vectorEffect="non-scaling-stroke"
          />
        </svg>
      )}
      {values.length > 1 && (
        <span className="pw-MetricPlot-range" aria-hidden="true">
          {valueText(low)} – {valueText(high)}
        </span>
      )}
    </figure>
  );
});

function linePoints(points: readonly (readonly number[])[]): string {
  const pairs = points.filter(
    (pair): pair is [number, number] =>
      pair.length > 1 && pair.every(number => isFinite(number))
  );
  const place = (values: number[], length: number): ((v: number) => number) => {
    const low = Math.min(...values);
    const range = Math.max(...values) - low;
    return value =>
      range === 0
        ? length / 2
        : MARGIN + ((value - low) / range) * (length - 2 * MARGIN);
  };
  const x = place(
    pairs.map(([time]) => time),
    WIDTH
  );
  const y = place(
    pairs.map(([, value]) => value),
    HEIGHT
  );
  return pairs
    .map(
      ([time, value]) =>
        `${x(time).toFixed(1)},${(HEIGHT - y(value)).toFixed(1)}`
    )
    .join(' ');
}
