import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ErrorMessage, RunStatus } from '../contract';
import type { IFailure } from '../failure';
import { FailureView } from '../failure-view';
import { GroupDetails } from './group-details';
import type { IDetailsCallbacks } from './run-details';
import { RunDetails } from './run-details';
import { RunFilter } from './run-filter';
import { RunList, rowElement } from './run-list';
import type { IRunQuery, RunRow } from './run-rows';
import { EVERYTHING, familiesOf, rowsOf } from './run-rows';
import { canResume } from './run-state';
import { SelectionBar } from './selection-bar';

const HELP_ID = 'pw-runs-keys';

/** What the panel does; the same object each time it is drawn. */
export interface IRunsCallbacks extends IDetailsCallbacks {
  compare: (ids: readonly string[]) => void;
  create: () => void;
  deselect: () => void;
  dismissDeleted: () => void;
  openGroup: (id: string) => void;
  reload: () => void;
  restore: () => void;
  show: (key: string | null) => void;
  toggle: (ids: readonly string[]) => void;
}

export interface IRunsViewProps {
  /** Whether the notebook of a run is open and can show its outputs. */
  canShowOutputs: (run: RunStatus) => boolean;
  cancelling: ReadonlySet<string>;
  checked: ReadonlySet<string>;
  deleted: readonly string[];
  failure: IFailure | null;
  /** Whether the server is heard of. */
  isConnected: boolean;
  isLoaded: boolean;
  on: IRunsCallbacks;
  problems: readonly ErrorMessage[];
  runs: readonly RunStatus[];
  shown: string | null;
  trans: TranslationBundle;
}

/** The list of runs, and the details of one. */
export function RunsView(props: IRunsViewProps): React.JSX.Element {
  const { failure, isConnected, isLoaded, on, runs, trans } = props;
  return (
    <>
      <header className="pw-Runs-header">
        <h2 className="pw-Runs-title">{trans.__('Runs')}</h2>
        <button type="button" className="pw-Button" onClick={on.create}>
          <addIcon.react tag="span" className="pw-Button-icon" />
          {trans.__('New run')}
        </button>
      </header>
      {isLoaded && !isConnected && (
        <p className="pw-Notice" role="status">
          {trans.__('The connection to the server is lost. Reconnecting…')}
        </p>
      )}
      {failure && (
        <FailureView failure={failure} onRetry={on.reload} trans={trans} />
      )}
      <UndoBar {...props} />
      {!isLoaded && !failure && <Skeleton trans={trans} />}
      {isLoaded && runs.length === 0 && <Empty {...props} />}
      {isLoaded && runs.length > 0 && <Browser {...props} />}
    </>
  );
}

/** The list with its filter, and the details of the run that is shown. */
function Browser(props: IRunsViewProps): React.JSX.Element {
  const { cancelling, checked, on, problems, runs, shown, trans } = props;
  const [query, setQuery] = React.useState<IRunQuery>(EVERYTHING);
  const [openGroups, setOpenGroups] = React.useState<ReadonlySet<string>>(
    new Set()
  );
  const root = React.useRef<HTMLDivElement>(null);
  const filter = React.useRef<HTMLInputElement>(null);
  const rows = React.useMemo(
    () => rowsOf(runs, query, openGroups),
    [runs, query, openGroups]
  );
  const selected = runs.filter(({ run }) => checked.has(run.id));

  const toggleGroup = React.useCallback((id: string) => {
    setOpenGroups(open => {
      const next = new Set(open);
      if (!next.delete(id)) {
        next.add(id);
      }
      return next;
    });
  }, []);
  // Rows keep this object, so that one that changed does not redraw the others.
  const latest = React.useRef({ rows });
  latest.current = { rows };
  const rowCallbacks = React.useMemo(
    () => ({
      cancel: on.cancel,
      check: (key: string) => {
        const row = latest.current.rows.find(each => each.key === key);
        on.toggle(row ? idsOf(row) : []);
      },
      openNotebook: on.openNotebook,
      openReport: on.openReport,
      show: on.show,
      toggle: toggleGroup
    }),
    [on, toggleGroup]
  );

  const close = (): void => {
    const key = shown ?? '';
    on.show(null);
    rowElement(root.current, key)?.focus();
  };
  const onKey = (event: React.KeyboardEvent, row: RunRow): boolean => {
    const ids =
      selected.length > 0 ? selected.map(({ run }) => run.id) : idsOf(row);
    switch (event.key) {
      case 'Enter':
        on.show(row.key);
        return true;
      case ' ':
        on.toggle(idsOf(row));
        return true;
      case 'ArrowRight':
      case 'ArrowLeft':
        if (row.family && row.isOpen === (event.key === 'ArrowLeft')) {
          toggleGroup(row.family.group.id);
        }
        return true;
      case 'Delete':
      case 'Backspace':
        on.delete(ids);
        return true;
      case 'c':
        on.compare(ids);
        return true;
      case 'r':
        on.rerun(ids);
        return true;
      case 'u':
        if (row.status && canResume(row.status)) {
          on.resume(row.status.run.id, null);
        }
        return true;
      case 's':
        on.cancel(ids);
        return true;
      case 'o':
        if (row.status) {
          on.openNotebook(row.status.run.id);
        }
        return true;
      case '/':
        filter.current?.focus();
        return true;
      case 'Escape':
        if (shown !== null) {
          close();
        } else {
          on.deselect();
        }
        return true;
      default:
        return false;
    }
  };

  return (
    <div ref={root} className="pw-Runs-browser">
      <RunFilter
        inputRef={filter}
        onChange={setQuery}
        query={query}
        runs={runs}
        trans={trans}
      />
      {selected.length > 0 && (
        <SelectionBar on={on} selected={selected} trans={trans} />
      )}
      {rows.length === 0 ? (
        <p className="pw-Empty" role="status">
          {trans.__('No run matches the filter.')}{' '}
          <button
            type="button"
            className="pw-LinkButton"
            onClick={() => {
              setQuery({ ...EVERYTHING, order: query.order });
            }}
          >
            {trans.__('Show all')}
          </button>
        </p>
      ) : (
        <RunList
          cancelling={cancelling}
          checked={checked}
          describedBy={HELP_ID}
          on={rowCallbacks}
          onKey={onKey}
          rows={rows}
          shown={shown}
          trans={trans}
        />
      )}
      {problems.length > 0 && (
        <details className="pw-Runs-problems">
          <summary>
            {trans.__('Runs that cannot be read: %1', problems.length)}
          </summary>
          <ul>
            {problems.map(({ hint, message }) => (
              <li key={message}>
                {message} {hint}
              </li>
            ))}
          </ul>
        </details>
      )}
      <Shown {...props} onClose={close} />
      <details className="pw-Runs-keys">
        <summary>{trans.__('Keys')}</summary>
        <p id={HELP_ID}>
          {trans.__(
            '↑ ↓ move · ← → fold a sweep · Enter details · Space select · C compare · R repeat · U resume · S stop · O open · Delete · / filter · Esc close'
          )}
        </p>
      </details>
    </div>
  );
}

/** The details of the run or sweep that is shown. */
function Shown(
  props: IRunsViewProps & { onClose: () => void }
): React.JSX.Element | null {
  const { canShowOutputs, cancelling, onClose, runs, shown, trans } = props;
  const on = { ...props.on, close: onClose };
  if (shown === null) {
    return null;
  }
  const status = runs.find(({ run }) => run.id === shown);
  if (status) {
    return (
      <RunDetails
        canShowOutputs={canShowOutputs(status)}
        isCancelling={cancelling.has(shown)}
        on={on}
        status={status}
        trans={trans}
      />
    );
  }
  const family = familiesOf(runs).find(
    ({ group }) => `group:${group.id}` === shown
  );
  return family ? (
    <GroupDetails
      family={family}
      on={on}
      onTable={on.openGroup}
      trans={trans}
    />
  ) : null;
}

function idsOf(row: RunRow): string[] {
  return row.status
    ? [row.status.run.id]
    : row.family.runs.map(({ run }) => run.id);
}

function UndoBar(props: IRunsViewProps): React.JSX.Element | null {
  const { deleted, on, trans } = props;
  if (deleted.length === 0) {
    return null;
  }
  return (
    <div className="pw-Runs-undo" role="status">
      <span className="pw-Runs-undoText">
        {deleted.length === 1
          ? trans.__('1 run deleted')
          : trans.__('%1 runs deleted', deleted.length)}
      </span>
      <button type="button" className="pw-LinkButton" onClick={on.restore}>
        {trans.__('Undo')}
      </button>
      <button
        type="button"
        className="pw-IconButton"
        title={trans.__('Dismiss')}
        aria-label={trans.__('Dismiss')}
        onClick={on.dismissDeleted}
      >
        <closeIcon.react tag="span" />
      </button>
    </div>
  );
}

function Empty(props: IRunsViewProps): React.JSX.Element {
  const { on, trans } = props;
  return (
    <div className="pw-Runs-empty">
      <p>
        {trans.__(
          'No runs yet. A run executes a notebook from top to bottom with the parameters you choose, and keeps its outputs and metrics. It continues when you close the browser.'
        )}
      </p>
      <button type="button" className="pw-Button" onClick={on.create}>
        {trans.__('New run')}
      </button>
    </div>
  );
}

function Skeleton({ trans }: { trans: TranslationBundle }): React.JSX.Element {
  return (
    <div className="pw-Skeleton" role="status">
      <span className="pw-VisuallyHidden">{trans.__('Loading the runs…')}</span>
      {Array.from({ length: 7 }, (_, index) => (
        <span key={index} className="pw-Skeleton-bar" aria-hidden="true" />
      ))}
    </div>
  );
}
