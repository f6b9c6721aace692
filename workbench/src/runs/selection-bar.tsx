import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { RunStatus } from '../contract';
import { isActive } from './run-state';

interface ISelectionBarProps {
  on: {
    cancel: (ids: readonly string[]) => void;
    compare: (ids: readonly string[]) => void;
    delete: (ids: readonly string[]) => void;
    deselect: () => void;
    rerun: (ids: readonly string[]) => void;
  };
  selected: readonly RunStatus[];
  trans: TranslationBundle;
}

/** What can be done with the selected runs. */
export function SelectionBar(props: ISelectionBarProps): React.JSX.Element {
  const { on, selected, trans } = props;
  const ids = selected.map(({ run }) => run.id);
  const active = selected.filter(isActive).length;
  const count = ids.length;
  return (
    <div
      className="pw-SelectionBar"
      role="group"
      aria-label={trans.__('Selected runs')}
    >
      <span className="pw-VisuallyHidden" role="status">
        {trans.__('Selected: %1', count)}
      </span>
      <button
        type="button"
        className="pw-Button"
        disabled={count < 2}
        title={
          count < 2
            ? trans.__('Select at least two runs to compare')
            : undefined
        }
        onClick={() => {
          on.compare(ids);
        }}
      >
        {trans.__('Compare %1', count)}
      </button>
      {active < count && (
        <button
          type="button"
          className="pw-Button"
          onClick={() => {
            on.rerun(ids);
          }}
        >
          {trans.__('Repeat')}
        </button>
      )}
      {active > 0 && (
        <button
          type="button"
          className="pw-Button"
          onClick={() => {
            on.cancel(ids);
          }}
        >
          {trans.__('Stop')}
        </button>
      )}
      {active < count && (
        <button
          type="button"
          className="pw-Button"
          onClick={() => {
            on.delete(ids);
          }}
        >
          {trans.__('Delete')}
        </button>
      )}
      <button type="button" className="pw-LinkButton" onClick={on.deselect}>
        {trans.__('Deselect')}
      </button>
    </div>
  );
}
