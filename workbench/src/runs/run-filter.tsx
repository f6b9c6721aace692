import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { RunStatus } from '../contract';
import type { IRunQuery } from './run-rows';
import { metricNames } from './run-rows';
import type { RunState } from './run-state';
import { RUN_STATES, stateText } from './run-state';
import { notebookName } from './run-text';

interface IRunFilterProps {
  inputRef: React.RefObject<HTMLInputElement>;
  onChange: (query: IRunQuery) => void;
  query: IRunQuery;
  runs: readonly RunStatus[];
  trans: TranslationBundle;
}

/** Which runs are shown, and in which order. */
export function RunFilter(props: IRunFilterProps): React.JSX.Element {
  const { inputRef, onChange, query, runs, trans } = props;
  const metrics = React.useMemo(() => metricNames(runs), [runs]);
  const notebooks = React.useMemo(
    () => [...new Set(runs.map(({ run }) => run.notebook))].sort(),
    [runs]
  );
  return (
    <div className="pw-RunFilter">
      <input
        ref={inputRef}
        type="search"
        className="pw-Input"
        placeholder={trans.__('Filter runs, for example lr=0.1')}
        aria-label={trans.__('Filter runs')}
        value={query.text}
        onChange={event => {
          onChange({ ...query, text: event.target.value });
        }}
      />
      <div className="pw-RunFilter-choices">
        <select
          className="pw-Input"
          aria-label={trans.__('State')}
          value={query.state ?? ''}
          onChange={({ target }) => {
            const state = target.value === '' ? null : target.value;
            onChange({ ...query, state: state as RunState | null });
          }}
        >
          <option value="">{trans.__('All states')}</option>
          {RUN_STATES.map(state => (
            <option key={state} value={state}>
              {stateText(state, trans)}
            </option>
          ))}
        </select>
        {(notebooks.length > 1 || query.notebook !== null) && (
          <select
            className="pw-Input"
            aria-label={trans.__('Notebook')}
            value={query.notebook ?? ''}
            onChange={({ target }) => {
              const notebook = target.value === '' ? null : target.value;
              onChange({ ...query, notebook });
            }}
          >
            <option value="">{trans.__('All notebooks')}</option>
            {notebooks.map(path => (
              <option key={path} value={path} title={path}>
                {notebookName(path)}
              </option>
            ))}
          </select>
        )}
        <select
          className="pw-Input"
          aria-label={trans.__('Sort by')}
          value={query.order}
          onChange={({ target }) => {
            onChange({ ...query, order: target.value, isReversed: false });
          }}
        >
          <option value="time">{trans.__('Newest')}</option>
          <option value="state">{trans.__('State')}</option>
          <option value="duration">{trans.__('Duration')}</option>
          {metrics.map(name => (
            <option key={name} value={`metric:${name}`}>
              {name}
            </option>
          ))}
        </select>
        <button
          type="button"
          className="pw-IconButton"
          aria-label={trans.__('Reverse the order')}
          aria-pressed={query.isReversed}
          title={trans.__('Reverse the order')}
          onClick={() => {
            onChange({ ...query, isReversed: !query.isReversed });
          }}
        >
          <span aria-hidden="true">{query.isReversed ? '↑' : '↓'}</span>
        </button>
      </div>
    </div>
  );
}
