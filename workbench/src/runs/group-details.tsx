import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { groupTitle, StateCounts } from './group-row';
import type { IDetailsCallbacks } from './run-details';
import { DetailsFrame } from './run-details';
import type { IRunFamily } from './run-rows';
import { spreadsOf } from './run-rows';
import { isActive } from './run-state';
import { valueText } from './run-text';

interface IGroupDetailsProps {
  family: IRunFamily;
  on: IDetailsCallbacks;
  /** Show the table of the sweep in a tab. */
  onTable: (group: string) => void;
  trans: TranslationBundle;
}

/** What is known of a sweep. */
export function GroupDetails(props: IGroupDetailsProps): React.JSX.Element {
  const { family, on, onTable, trans } = props;
  const { group, runs } = family;
  const spreads = spreadsOf(runs);
  const active = runs.filter(isActive).map(({ run }) => run.id);
  const ended = runs
    .filter(status => !isActive(status))
    .map(({ run }) => run.id);
  return (
    <DetailsFrame
      onClose={on.close}
      title={groupTitle(family, trans)}
      trans={trans}
    >
      <p className="pw-RunDetails-state" role="status">
        <StateCounts family={family} trans={trans} />
      </p>
      <div className="pw-RunDetails-actions">
        <button
          type="button"
          className="pw-Button"
          onClick={() => {
            onTable(group.id);
          }}
        >
          {trans.__('Table and plots')}
        </button>
        {active.length > 0 && (
          <button
            type="button"
            className="pw-Button"
            onClick={() => {
              on.cancel(active);
            }}
          >
            {trans.__('Stop %1 runs', active.length)}
          </button>
        )}
        {ended.length > 0 && (
          <button
            type="button"
            className="pw-Button"
            onClick={() => {
              on.delete(ended);
            }}
          >
            {trans.__('Delete %1 runs', ended.length)}
          </button>
        )}
      </div>
      {spreads.length > 0 && (
        <div className="pw-RunTable-frame">
          <table className="pw-RunTable">
            <thead>
              <tr>
                <th scope="col">{trans.__('Metric')}</th>
                <th scope="col">{trans.__('Mean')}</th>
                <th scope="col">{trans.__('Spread')}</th>
                <th scope="col">{trans._p('column', 'Runs')}</th>
              </tr>
            </thead>
            <tbody>
              {spreads.map(({ count, deviation, mean, name }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className="pw-RunTable-number">{valueText(mean)}</td>
                  <td className="pw-RunTable-number">
                    {deviation === null
                      ? '–'
                      : `± ${Number(deviation.toPrecision(2))}`}
                  </td>
                  <td>{count}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </DetailsFrame>
  );
}
