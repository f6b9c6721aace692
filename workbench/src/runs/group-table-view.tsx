import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { MetricSummary, RunGroupTable } from '../contract';
import { LinePlot } from './line-plot';
import { RUN_STATES, stateSign, stateText } from './run-state';
import { exactText, notebookName, valueText } from './run-text';

interface IGroupTableViewProps {
  /** Show a run in the list. */
  onOpen: (run: string) => void;
  table: RunGroupTable;
  trans: TranslationBundle;
}

/** Mean and spread of each metric for each combination, and a plot of each. */
export function GroupTableView(props: IGroupTableViewProps): React.JSX.Element {
  const { onOpen, table, trans } = props;
  const { axes, metrics, missing, points, rows, seeds } = table;
  return (
    <article className="pw-RunAnswer-body">
      <h2 className="pw-Runs-title">
        {trans.__('Sweep of “%1”', notebookName(table.notebook))}
      </h2>
      <p role="status">
        {RUN_STATES.filter(state => table.states[state]).map(state => (
          <span key={state} className="pw-RunAnswer-count">
            <span className="pw-RunSign" data-state={state} aria-hidden="true">
              {stateSign(state)}
            </span>{' '}
            {trans.__('%1: %2', stateText(state, trans), table.states[state])}
          </span>
        ))}
        {missing > 0 && trans.__('deleted: %1', missing)}
      </p>
      {seeds.length > 0 && (
        <p>
          {trans.__(
            'Mean ± standard deviation over %1, and the 95 % interval of the mean.',
            seeds.join(', ')
          )}
        </p>
      )}
      <div className="pw-RunTable-frame">
        <table className="pw-RunTable">
          <thead>
            <tr>
              {axes.map(name => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              <th scope="col">{trans._p('column', 'Runs')}</th>
              {metrics.map(name => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(row => (
              <tr key={JSON.stringify(row.parameters)}>
                {axes.map(name => (
                  <td key={name} className="pw-RunTable-number">
                    {exactText(row.parameters[name])}
                  </td>
                ))}
                <td>
                  {row.runs.map((run, index) => (
                    <button
                      key={run}
                      type="button"
                      className="pw-LinkButton"
                      title={run}
                      onClick={() => {
                        onOpen(run);
                      }}
                    >
                      {index + 1}
                    </button>
                  ))}
                </td>
                {metrics.map(name => (
                  <td key={name}>
                    <Summary summary={row.metrics[name]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="pw-RunAnswer-plots">
        {metrics.flatMap(metric =>
          [...axes, ...seeds].map(axis => {
            const pairs = points
              .map(point => [point.parameters[axis], point.metrics[metric]])
              .filter((pair): pair is [number, number] =>
                pair.every(value => typeof value === 'number')
              );
            return (
              pairs.length > 1 && (
                <LinePlot
                  key={`${metric} ${axis}`}
                  isScatter
                  lines={[{ label: '', points: pairs }]}
                  name={metric}
                  trans={trans}
                  xName={axis}
                />
              )
            );
          })
        )}
      </div>
    </article>
  );
}

/** Mean, spread and interval of a metric; a line breaks only between them. */
function Summary(props: {
  summary: MetricSummary | undefined;
}): React.JSX.Element {
  const { summary } = props;
  if (!summary) {
    return <>–</>;
  }
  const { deviation, high, low, mean } = summary;
  return (
    <>
      <span className="pw-RunTable-number">
        {valueText(mean)}
        {deviation !== null && ` ± ${Number(deviation.toPrecision(2))}`}
      </span>
      {low !== null && high !== null && (
        <>
          {' '}
          <span className="pw-RunTable-number">
            ({valueText(low)} – {valueText(high)})
          </span>
        </>
      )}
    </>
  );
}
