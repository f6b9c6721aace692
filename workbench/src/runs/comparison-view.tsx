import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type {
  OutputDifference,
  RunComparison,
  RunDifference
} from '../contract';
import { LinePlot } from './line-plot';
import { stateSign, stateText } from './run-state';
import { exactText, runTitle } from './run-text';

const KINDS: readonly RunDifference['kind'][] = [
  'run',
  'parameter',
  'metric',
  'provenance'
];

interface IComparisonViewProps {
  comparison: RunComparison;
  /** Show a run in the list. */
  onOpen: (run: string) => void;
  trans: TranslationBundle;
}

/** What differs between runs, side by side. */
export function ComparisonView(props: IComparisonViewProps): React.JSX.Element {
  const { comparison, onOpen, trans } = props;
  const { differences, outputs, problems, runs, series } = comparison;
  return (
    <article className="pw-RunAnswer-body">
      <h2 className="pw-Runs-title">
        {trans.__('Comparison of %1 runs', runs.length)}
      </h2>
      <div className="pw-RunTable-frame">
        <table className="pw-RunTable">
          <thead>
            <tr>
              <th scope="col" />
              {runs.map((run, index) => (
                <th key={run.id} scope="col">
                  <span
                    className="pw-RunSign"
                    data-state={run.state}
                    title={stateText(run.state, trans)}
                  >
                    {stateSign(run.state)}
                  </span>{' '}
                  <button
                    type="button"
                    className="pw-LinkButton"
                    title={run.id}
                    onClick={() => {
                      onOpen(run.id);
                    }}
                  >
                    {index + 1}. {runTitle(run)}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          {KINDS.map(kind => (
            <Rows key={kind} {...props} kind={kind} />
          ))}
        </table>
      </div>
      {differences.length === 0 && (
        <p role="status">{trans.__('The records of the runs are equal.')}</p>
      )}
      {Object.keys(series).length > 0 && (
        <section aria-label={trans.__('Metrics over time')}>
          <h3 className="pw-RunAnswer-heading">
            {trans.__('Metrics over time')}
          </h3>
          <div className="pw-RunAnswer-plots">
            {Object.entries(series).map(([name, lines]) => (
              <LinePlot
                key={name}
                lines={lines.map((points, index) => ({
                  label: String(index + 1),
                  points
                }))}
                name={name}
                trans={trans}
              />
            ))}
          </div>
        </section>
      )}
      <Outputs outputs={outputs} runs={runs} trans={trans} />
      {problems.map(({ hint, message }) => (
        <p key={message} className="pw-RunDetails-warning">
          {message} {hint}
        </p>
      ))}
    </article>
  );
}

function Rows(
  props: IComparisonViewProps & { kind: RunDifference['kind'] }
): React.JSX.Element | null {
  const { comparison, kind, trans } = props;
  const rows = comparison.differences.filter(each => each.kind === kind);
  if (rows.length === 0) {
    return null;
  }
  const headings = {
    run: trans._p('run', 'Run'),
    parameter: trans.__('Parameters'),
    metric: trans.__('Metrics'),
    provenance: trans.__('Provenance')
  };
  return (
    <tbody>
      <tr>
        <th
          className="pw-RunTable-heading"
          scope="rowgroup"
          colSpan={comparison.runs.length + 1}
        >
          {headings[kind]}
        </th>
      </tr>
      {rows.map(({ name, values }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          {values.map((value, index) => (
            <td key={comparison.runs[index]?.id ?? index}>
              {value === null ? '–' : exactText(value)}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

function Outputs(props: {
  outputs: readonly OutputDifference[];
  runs: RunComparison['runs'];
  trans: TranslationBundle;
}): React.JSX.Element {
  const { outputs, runs, trans } = props;
  const numberOf = (id: string): number =>
    runs.findIndex(run => run.id === id) + 1;
  const kinds = {
    changed: trans.__('differs'),
    missing: trans.__('only in run 1'),
    added: trans.__('not in run 1')
  };
  return (
    <section aria-label={trans.__('Outputs')}>
      <h3 className="pw-RunAnswer-heading">{trans.__('Outputs')}</h3>
      {outputs.length === 0 && (
        <p>{trans.__('The outputs of the cells are equal.')}</p>
      )}
      {outputs.map(output => (
        <details
          key={`${output.run} ${output.cell}`}
          className="pw-RunAnswer-output"
        >
          <summary>
            {trans.__(
              'Cell “%1”, run %2: %3',
              output.cell,
              numberOf(output.run),
              kinds[output.kind]
            )}
            {output.source_changed && ` (${trans.__('other code')})`}
          </summary>
          <div className="pw-RunAnswer-pair">
            <pre>{output.before}</pre>
            <pre>{output.after}</pre>
          </div>
        </details>
      ))}
    </section>
  );
}
