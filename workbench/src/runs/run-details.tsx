import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ResumeForm, RunRecord, RunStatus } from '../contract';
import { MetricPlot } from './metric-plot';
import { RunProgress } from './run-progress';
import { RunResume } from './run-resume';
import { canResume, isActive, stateSign, stateText } from './run-state';
import {
  durationText,
  errorText,
  exactText,
  runTitle,
  valueText
} from './run-text';

/** What can be done with the run whose details are shown. */
export interface IDetailsCallbacks {
  cancel: (ids: readonly string[]) => void;
  close: () => void;
  delete: (ids: readonly string[]) => void;
  openNotebook: (id: string) => void;
  openReport: (id: string) => void;
  rerun: (ids: readonly string[]) => void;
  resume: (id: string, cell: string | null) => void;
  resumeForm: (id: string) => Promise<ResumeForm>;
  show: (id: string) => void;
  showOutputs: (id: string) => void;
}

interface IRunDetailsProps {
  /** Whether the notebook of the run is open and can show its outputs. */
  canShowOutputs: boolean;
  isCancelling: boolean;
  on: IDetailsCallbacks;
  status: RunStatus;
  trans: TranslationBundle;
}

/** What is known of one run. */
export function RunDetails(props: IRunDetailsProps): React.JSX.Element {
  const { isCancelling, on, status, trans } = props;
  const { live, run } = status;
  return (
    <DetailsFrame onClose={on.close} title={runTitle(run)} trans={trans}>
      <p className="pw-RunDetails-state" role="status">
        <span className="pw-RunSign" data-state={run.state} aria-hidden="true">
          {stateSign(run.state)}
        </span>{' '}
        {stateSentence(run, trans)}
      </p>
      {run.state === 'running' && (
        <RunProgress
          isCancelling={isCancelling}
          status={status}
          trans={trans}
        />
      )}
      {run.error && (
        <div className="pw-RunDetails-error" role="alert">
          <p className="pw-RunDetails-message">
            {run.failed_cell !== null &&
              trans.__('Cell “%1”: ', run.failed_cell)}
            {errorText(run)}
          </p>
          {run.error.hint !== '' && <p>{run.error.hint}</p>}
        </div>
      )}
      <Continuation {...props} />
      <Actions key={run.id} {...props} />
      {run.warnings.map(warning => (
        <p key={warning} className="pw-RunDetails-warning">
          {trans.__('Warning:')} {warning}
        </p>
      ))}
      <Metrics status={status} trans={trans} />
      <Parameters run={run} trans={trans} />
      {live !== null && live.output.trim() !== '' && (
        <>
          <h4 className="pw-RunDetails-heading">{trans.__('Last output')}</h4>
          <pre className="pw-RunDetails-output" tabIndex={0}>
            {live.output}
          </pre>
        </>
      )}
      <Facts run={run} trans={trans} />
    </DetailsFrame>
  );
}

/** The frame of details: their title, and how they are closed. */
export function DetailsFrame(
  props: React.PropsWithChildren<{
    onClose: () => void;
    title: string;
    trans: TranslationBundle;
  }>
): React.JSX.Element {
  const { onClose, title, trans } = props;
  return (
    <section
      className="pw-RunDetails"
      aria-label={trans.__('Details of %1', title)}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onClose();
        }
      }}
    >
      <header className="pw-RunDetails-header">
        <h3 className="pw-RunDetails-title">{title}</h3>
        <button
          type="button"
          className="pw-IconButton"
          title={trans.__('Close')}
          aria-label={trans.__('Close')}
          onClick={onClose}
        >
          <closeIcon.react tag="span" />
        </button>
      </header>
      <div className="pw-RunDetails-body">{props.children}</div>
    </section>
  );
}

/** Which run it continues, and from where. */
function Continuation(props: IRunDetailsProps): React.JSX.Element | null {
  const { on, status, trans } = props;
  const from = status.run.resumed_from;
  if (!from) {
    return null;
  }
  return (
    <p className="pw-RunDetails-from">
      {from.state === 'snapshot'
        ? trans.__(
            'Resumed from a snapshot at the cell “%1”; the cells before it did not run again.',
            from.cell
          )
        : trans.__('Resumed from the start: %1.', from.reason)}{' '}
      <button
        type="button"
        className="pw-LinkButton"
        title={from.run}
        onClick={() => {
          on.show(from.run);
        }}
      >
        {trans.__('Show the earlier run')}
      </button>
    </p>
  );
}

/** How a run has ended, or what it does. */
function stateSentence(run: RunRecord, trans: TranslationBundle): string {
  const state = stateText(run.state, trans);
  if (run.duration_s === null || run.finished_at === null) {
    return state;
  }
  return trans.__(
    '%1 after %2, on %3',
    state,
    durationText(run.duration_s, trans),
    new Date(run.finished_at).toLocaleString()
  );
}

function Actions(props: IRunDetailsProps): React.JSX.Element {
  const { canShowOutputs, isCancelling, on, status, trans } = props;
  const { id } = status.run;
  const [isResuming, setIsResuming] = React.useState(false);
  const resume = React.useRef<HTMLButtonElement>(null);
  if (isActive(status)) {
    return (
      <div className="pw-RunDetails-actions">
        <button
          type="button"
          className="pw-Button"
          disabled={isCancelling}
          onClick={() => {
            on.cancel([id]);
          }}
        >
          {isCancelling ? trans.__('Stopping…') : trans.__('Stop')}
        </button>
      </div>
    );
  }
  const actions: [string, () => void, boolean][] = [
    [
      trans.__('Open notebook'),
      () => {
        on.openNotebook(id);
      },
      true
    ],
    [
      trans.__('Report'),
      () => {
        on.openReport(id);
      },
      status.has_report
    ],
    [
      trans.__('Show outputs in the notebook'),
      () => {
        on.showOutputs(id);
      },
      canShowOutputs
    ],
    [
      trans.__('Repeat'),
      () => {
        on.rerun([id]);
      },
      true
    ],
    [
      trans.__('Delete'),
      () => {
        on.delete([id]);
      },
      true
    ]
  ];
  return (
    <>
      <div className="pw-RunDetails-actions">
        {canResume(status) && (
          <button
            ref={resume}
            type="button"
            className="pw-Button"
            aria-expanded={isResuming}
            onClick={() => {
              setIsResuming(!isResuming);
            }}
          >
            {trans.__('Resume…')}
          </button>
        )}
        {actions.map(
          ([label, onClick, isOffered]) =>
            isOffered && (
              <button
                key={label}
                type="button"
                className="pw-Button"
                onClick={onClick}
              >
                {label}
              </button>
            )
        )}
      </div>
      {isResuming && (
        <RunResume
          id={id}
          on={on}
          onClose={() => {
            setIsResuming(false);
            resume.current?.focus();
          }}
          trans={trans}
        />
      )}
    </>
  );
}

function Metrics(props: {
  status: RunStatus;
  trans: TranslationBundle;
}): React.JSX.Element | null {
  const { status, trans } = props;
  const { run, series } = status;
  const plotted = Object.entries(series).filter(
    ([, points]) => points.length > 1
  );
  const names = plotted.map(([name]) => name);
  const values = Object.entries(run.metrics).filter(
    ([name]) => !names.includes(name)
  );
  if (plotted.length === 0 && values.length === 0) {
    return isActive(status) ? null : (
      <p className="pw-RunDetails-none">
        {trans.__(
          'No metrics. Call record("accuracy", value) from paddle_workbench in a cell to record one.'
        )}
      </p>
    );
  }
  return (
    <>
      <h4 className="pw-RunDetails-heading">{trans.__('Metrics')}</h4>
      <div className="pw-RunDetails-plots">
        {plotted.map(([name, points]) => (
          <MetricPlot key={name} name={name} points={points} trans={trans} />
        ))}
      </div>
      {values.length > 0 && (
        <dl className="pw-RunDetails-list">
          {values.map(([name, value]) => (
            <React.Fragment key={name}>
              <dt>{name}</dt>
              <dd title={exactText(value)}>{valueText(value)}</dd>
            </React.Fragment>
          ))}
        </dl>
      )}
    </>
  );
}

function Parameters(props: {
  run: RunRecord;
  trans: TranslationBundle;
}): React.JSX.Element | null {
  const { run, trans } = props;
  const entries = Object.entries(run.parameters);
  if (entries.length === 0 && run.secrets.length === 0) {
    return null;
  }
  return (
    <>
      <h4 className="pw-RunDetails-heading">{trans.__('Parameters')}</h4>
      <dl className="pw-RunDetails-list">
        {entries.map(([name, value]) => (
          <React.Fragment key={name}>
            <dt>{name}</dt>
            <dd>
              {exactText(value)}
              {run.given?.includes(name) === false && (
                <span className="pw-RunDetails-note">
                  {' '}
                  {trans.__('(default)')}
                </span>
              )}
            </dd>
          </React.Fragment>
        ))}
        {run.secrets.map(name => (
          <React.Fragment key={name}>
            <dt>{name}</dt>
            <dd>{trans.__('set, not recorded')}</dd>
          </React.Fragment>
        ))}
      </dl>
    </>
  );
}

function Facts(props: {
  run: RunRecord;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { run, trans } = props;
  const facts: [string, string | null][] = [
    [trans.__('Notebook'), run.notebook],
    [trans._p('run', 'Run'), run.id],
    [trans.__('Kernel'), run.kernel],
    [trans.__('Cells run'), `${run.cells_done}/${run.cells_total}`],
    [
      trans.__('Attempt'),
      run.attempt > 1 || run.retries > 0 ? String(run.attempt) : null
    ],
    [
      trans.__('Cluster'),
      run.backend === 'ray'
        ? [run.address, run.node].filter(Boolean).join(', ')
        : null
    ],
    [trans.__('Created'), new Date(run.created_at).toLocaleString()]
  ];
  return (
    <>
      <h4 className="pw-RunDetails-heading">{trans.__('Details')}</h4>
      <dl className="pw-RunDetails-list">
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <React.Fragment key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </React.Fragment>
            )
        )}
      </dl>
    </>
  );
}
