import type { TranslationBundle } from '@jupyterlab/translation';
import { stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { RunStatus } from '../contract';
import { MetricPlot } from './metric-plot';
import type { IRowProps } from './row';
import { Row } from './row';
import { RunProgress } from './run-progress';
import { isActive, stateSign, stateText } from './run-state';
import type { ITitleParts } from './run-text';
import {
  durationText,
  errorText,
  notebookName,
  runTitle,
  timeText,
  valueText
} from './run-text';

/** Further metrics are in the details. */
const SHOWN_METRICS = 2;

interface IRunRowProps extends IRowProps {
  /** The parameters that other runs of the notebook share. */
  common: string;
  /** The parameters that tell it apart. */
  distinct: string;
  isCancelling: boolean;
  isMember: boolean;
  status: RunStatus;
}

/** The widths of characters, as far as a list must know them before it draws. */
const WIDE_EM = 1;
const NARROW_EM = 0.6;
/** What stands next to a title: checkbox, sign, and either the duration or a button. */
const RESERVED_EM = 8;
const RESERVED_ACTIVE_EM = 10.5;
const LINE_EM = 1.6;

/**
 * The height of the row of a run, in em, so that the list knows it without drawing.
 *
 * @param width - of the list, in em
 */
export function runRowHeight(
  { run, series }: RunStatus,
  title: ITitleParts,
  width: number
): number {
  const text = `${title.distinct} ${title.common}`.trim();
  const reserved = run.finished_at === null ? RESERVED_ACTIVE_EM : RESERVED_EM;
  const isLong = textWidth(text) > width - reserved;
  const base = isLong ? LINE_EM : 0;
  switch (run.state) {
    case 'running':
      return base + (Object.keys(series).length > 0 ? 9 : 6);
    case 'queued':
      return base + 2.7;
    default:
      return base + (run.error ? 5.7 : 4.1);
  }
}

function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    width += character < '\u2e80' ? NARROW_EM : WIDE_EM;
  }
  return width;
}

/** A run in the list. */
export const RunRow = React.memo(function RunRow(
  props: IRunRowProps
): React.JSX.Element {
  const { common, distinct, isCancelling, isMember, on, status, trans } = props;
  const { run } = status;
  return (
    <Row {...props} level={isMember ? 2 : 1} state={run.state}>
      <div className="pw-RunRow-line pw-mod-first">
        <span
          className="pw-RunSign"
          data-state={run.state}
          title={stateText(run.state, trans)}
        >
          <span aria-hidden="true">{stateSign(run.state)}</span>
          <span className="pw-VisuallyHidden">
            {stateText(run.state, trans)}
          </span>
        </span>
        <span className="pw-RunRow-title" title={runTitle(run)}>
          {distinct || notebookName(run.notebook)}
          {common !== '' && <span className="pw-RunRow-common"> {common}</span>}
        </span>
        {run.state === 'queued' && (
          <span className="pw-RunRow-note">{trans.__('queued')}</span>
        )}
        {run.duration_s !== null && !isActive(status) && (
          <span className="pw-RunRow-number">
            {durationText(run.duration_s, trans)}
          </span>
        )}
        {isActive(status) && (
          <button
            type="button"
            className="pw-IconButton"
            tabIndex={-1}
            disabled={isCancelling}
            title={isCancelling ? trans.__('Stopping…') : trans.__('Stop')}
            aria-label={isCancelling ? trans.__('Stopping…') : trans.__('Stop')}
            onClick={event => {
              event.stopPropagation();
              on.cancel([run.id]);
            }}
          >
            <stopIcon.react tag="span" />
          </button>
        )}
      </div>
      {run.state === 'running' && (
        <RunProgress
          isCancelling={isCancelling}
          status={status}
          trans={trans}
        />
      )}
      {run.state === 'running' && <Plots status={status} trans={trans} />}
      {!isActive(status) && <Summary {...props} />}
      {run.error && !isActive(status) && (
        <div className="pw-RunRow-error" title={run.error.message}>
          {run.failed_cell !== null && trans.__('Cell “%1”: ', run.failed_cell)}
          {errorText(run)}
        </div>
      )}
    </Row>
  );
});

function Plots(props: {
  status: RunStatus;
  trans: TranslationBundle;
}): React.JSX.Element | null {
  const { status, trans } = props;
  const metrics = Object.entries(status.series);
  if (metrics.length === 0) {
    return null;
  }
  return (
    <div className="pw-RunRow-plots">
      {metrics.slice(0, SHOWN_METRICS).map(([name, points]) => (
        <MetricPlot key={name} name={name} points={points} trans={trans} />
      ))}
    </div>
  );
}

/** The notebook, metrics and time of a run that has ended. */
function Summary(props: IRunRowProps): React.JSX.Element {
  const { on, status, trans } = props;
  const { run } = status;
  const time = run.finished_at ?? run.created_at;
  const metrics = Object.entries(run.metrics).slice(0, SHOWN_METRICS);
  return (
    <div className="pw-RunRow-line pw-mod-second">
      <span className="pw-RunRow-facts" title={run.notebook}>
        {[
          ...metrics.map(([name, value]) => `${name} ${valueText(value)}`),
          notebookName(run.notebook)
        ].join(' · ')}
      </span>
      <span className="pw-RunRow-links">
        <button
          type="button"
          className="pw-LinkButton"
          tabIndex={-1}
          onClick={event => {
            event.stopPropagation();
            on.openNotebook(run.id);
          }}
        >
          {trans.__('Open')}
        </button>
        {status.has_report && (
          <button
            type="button"
            className="pw-LinkButton"
            tabIndex={-1}
            onClick={event => {
              event.stopPropagation();
              on.openReport(run.id);
            }}
          >
            {trans.__('Report')}
          </button>
        )}
      </span>
      <time
        className="pw-RunRow-time"
        dateTime={time}
        title={new Date(time).toLocaleString()}
      >
        {timeText(time, new Date())}
      </time>
    </div>
  );
}
