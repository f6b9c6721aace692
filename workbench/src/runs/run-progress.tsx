import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { RunStatus } from '../contract';
import {
  clockText,
  memoryText,
  roughText,
  secondsLeft,
  secondsSince
} from './run-text';
import { useNow } from './use-now';

interface IRunProgressProps {
  isCancelling: boolean;
  status: RunStatus;
  trans: TranslationBundle;
}

/** How far a run is: its cell, the time, the last output and the memory. */
export function RunProgress(props: IRunProgressProps): React.JSX.Element {
  const { isCancelling, status, trans } = props;
  const { live, run } = status;
  const now = useNow(true);
  const left = secondsLeft(status, now);
  const elapsed = clockText(secondsSince(run.started_at, now));
  const total = run.cells_total;
  const current = Math.min(run.cells_done + 1, total);
  return (
    <div className="pw-RunProgress">
      <div className="pw-RunProgress-line">
        <span className="pw-RunProgress-cell">
          {isCancelling
            ? trans.__('Stopping…')
            : !live?.cell && run.cells_done === 0
              ? trans.__('Starting a kernel…')
              : trans.__('cell %1/%2', current, total)}
        </span>
        <progress
          className="pw-RunProgress-bar"
          aria-label={trans.__('Cells run')}
          max={total > 0 ? total : undefined}
          value={total > 0 ? run.cells_done : undefined}
        />
        <span className="pw-RunProgress-time">
          {left === null || left === 0
            ? elapsed
            : trans.__('%1, about %2 left', elapsed, roughText(left, trans))}
        </span>
      </div>
      <div className="pw-RunProgress-line">
        <code className="pw-RunProgress-output" title={live?.output}>
          {lastLine(live?.output ?? '')}
        </code>
        {live?.memory_bytes && (
          <span
            className="pw-RunProgress-memory"
            title={trans.__('Memory of the kernel')}
          >
            {memoryText(live.memory_bytes)}
          </span>
        )}
      </div>
    </div>
  );
}

/** The last line that is not empty; what a carriage return has replaced is left out. */
export function lastLine(output: string): string {
  const lines = output.split('\n').map(line => {
    const parts = line.split('\r').filter(part => part.trim() !== '');
    return parts.at(-1) ?? '';
  });
  return lines.filter(line => line.trim() !== '').at(-1) ?? '';
}
