import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { codeAddress } from '../code-link';
import type {
  CheckDifference,
  CheckedCell,
  Job,
  LessonCheck,
  StructuralFinding
} from '../contract';
import type { IFailure } from '../failure';
import { FailureView } from '../failure-view';
import type { Language } from '../language';
import {
  cellText,
  differenceText,
  findingText,
  noiseText,
  placeText,
  wrongCells
} from './check-sentence';

/** Further differences of a cell are only counted. */
const SHOWN_DIFFERENCES = 5;

export interface ICheckViewProps {
  /** Whether a lesson is in front, which could be checked. */
  canCheck: boolean;
  failure: IFailure | null;
  /** Whether the server is heard of. */
  isConnected: boolean;
  isRunning: boolean;
  job: Job | null;
  /** Of the pages of codes. */
  language: Language;
  onCancel: () => void;
  onCheck: () => void;
  onReveal: (cell: string) => void;
  /** What the job found, if it has succeeded. */
  result: LessonCheck | null;
  trans: TranslationBundle;
}

/** How a learner's notebook compares with its lesson. */
export function CheckView(props: ICheckViewProps): React.JSX.Element {
  const { canCheck, failure, isRunning, job, onCheck, result, trans } = props;
  return (
    <div className="pw-Check">
      <header className="pw-Check-header">
        <h2 className="pw-Check-title">{trans.__('Check this lesson')}</h2>
        <p className="pw-Check-note">
          {trans.__(
            'Runs a copy of your notebook and compares its output with the lesson. Cells you changed are run but not compared.'
          )}
        </p>
        {!isRunning && (
          <button
            type="button"
            className="pw-Button"
            disabled={!canCheck}
            onClick={onCheck}
          >
            {job ? trans.__('Check again') : trans.__('Check')}
          </button>
        )}
        {!isRunning && !canCheck && (
          <p className="pw-Empty">
            {trans.__('Open a lesson to check it here.')}
          </p>
        )}
      </header>
      {isRunning && <Running {...props} />}
      {failure && !isRunning && (
        <FailureView failure={failure} onRetry={onCheck} trans={trans} />
      )}
      {job?.state === 'cancelled' && !isRunning && (
        <p role="status">{trans.__('The check was cancelled.')}</p>
      )}
      {job?.finished_at && result && !isRunning && (
        <>
          <p className="pw-Check-time">
            {trans.__(
              'Checked on %1, %2',
              new Date(job.finished_at).toLocaleString(),
              fileName(job.subject)
            )}
          </p>
          <Mistakes {...props} findings={result.findings} />
          <Findings {...props} cells={result.cells} />
        </>
      )}
    </div>
  );
}

function Running(props: ICheckViewProps): React.JSX.Element {
  const { isConnected, job, onCancel, trans } = props;
  const { done = 0, total = 0 } = job?.progress ?? {};
  return (
    <div className="pw-Check-running">
      <progress
        className="pw-Check-bar"
        aria-label={trans.__('Checking the lesson')}
        max={total > 0 ? total : undefined}
        value={total > 0 ? done : undefined}
      />
      <p role="status">{runningText(props, done, total)}</p>
      {!isConnected && (
        <p role="status">
          {trans.__('The connection to the server is lost. Reconnecting…')}
        </p>
      )}
      <button
        type="button"
        className="pw-Button"
        disabled={job === null}
        onClick={onCancel}
      >
        {trans.__('Cancel')}
      </button>
    </div>
  );
}

function runningText(
  { job, trans }: ICheckViewProps,
  done: number,
  total: number
): string {
  if (job?.state === 'queued') {
    return trans.__('Waiting for other work to finish…');
  }
  return done > 0
    ? trans.__('%1 of %2 cells run', done, total)
    : trans.__('Starting a kernel…');
}

function fileName(path: string): string {
  return path.split('/').pop() ?? path;
}

/** What was found in the code without running it. */
function Mistakes(
  props: ICheckViewProps & { findings: readonly StructuralFinding[] }
): React.JSX.Element | null {
  const { findings, language, onReveal, trans } = props;
  if (findings.length === 0) {
    return null;
  }
  return (
    <ul
      className="pw-Check-cells"
      aria-label={trans.__('Found in the code without running it')}
    >
      {findings.map((finding, index) => (
        <li key={index} className="pw-Check-cell">
          {finding.cell !== null && (
            <CellLink cell={finding.cell} onReveal={onReveal} trans={trans} />
          )}
          <p className="pw-Check-outcome">
            <span aria-hidden="true">✗ </span>
            {findingText(finding, trans)}{' '}
            <CodeLink code={finding.code} language={language} />
          </p>
        </li>
      ))}
    </ul>
  );
}

function CodeLink(props: {
  code: string;
  language: Language;
}): React.JSX.Element {
  const { code, language } = props;
  const address = code === '' ? null : codeAddress(code, language);
  return address === null ? (
    <code>{code}</code>
  ) : (
    <a
      href={address}
      rel="noopener"
      target="_blank"
      title={`workbench explain ${code}`}
    >
      {code}
    </a>
  );
}

function Findings(
  props: ICheckViewProps & { cells: readonly CheckedCell[] }
): React.JSX.Element {
  const { cells, onReveal, trans } = props;
  const wrong = wrongCells(cells);
  const compared = cells.filter(
    ({ outcome }) => outcome === 'compared' || outcome === 'differs'
  );
  const others = cells.filter(
    ({ outcome }) => outcome === 'not_compared' || outcome === 'not_run'
  );
  const noisy = compared.filter(({ ignored }) => ignored.length > 0);
  return (
    <>
      <p className="pw-Check-summary" role="status">
        {wrong.length === 0
          ? trans.__(
              '✓ Every compared cell matches the lesson. Cells: %1.',
              compared.length
            )
          : trans.__(
              '✗ Cells that differ from the lesson: %1 of %2.',
              wrong.length,
              cells.length
            )}
      </p>
      <ul className="pw-Check-cells">
        {wrong.map(cell => (
          <WrongCell
            key={cell.cell}
            cell={cell}
            onReveal={onReveal}
            trans={trans}
          />
        ))}
      </ul>
      <CellList
        {...props}
        cells={others}
        describe={cell => cellText(cell, trans)}
        title={trans.__('Not compared: %1', others.length)}
      />
      <CellList
        {...props}
        cells={noisy}
        describe={cell => noiseText(cell.ignored, trans)}
        title={trans.__('Compared except for noise: %1', noisy.length)}
      />
    </>
  );
}

interface ICellListProps {
  cells: readonly CheckedCell[];
  describe: (cell: CheckedCell) => string;
  onReveal: (cell: string) => void;
  title: string;
  trans: TranslationBundle;
}

/** Cells that need no attention, folded away. */
function CellList(props: ICellListProps): React.JSX.Element | null {
  const { cells, describe, onReveal, title, trans } = props;
  if (cells.length === 0) {
    return null;
  }
  return (
    <details className="pw-Check-others">
      <summary>{title}</summary>
      <ul className="pw-Check-list">
        {cells.map(cell => (
          <li key={cell.cell}>
            <CellLink cell={cell.cell} onReveal={onReveal} trans={trans} />
            <span className="pw-Check-outcome">{describe(cell)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

interface ICellProps {
  cell: CheckedCell;
  onReveal: (cell: string) => void;
  trans: TranslationBundle;
}

function WrongCell({ cell, onReveal, trans }: ICellProps): React.JSX.Element {
  const shown = cell.differences.slice(0, SHOWN_DIFFERENCES);
  const more = cell.differences.length - shown.length;
  return (
    <li className="pw-Check-cell">
      <CellLink cell={cell.cell} onReveal={onReveal} trans={trans} />
      <p className="pw-Check-outcome">
        <span aria-hidden="true">✗ </span>
        {cellText(cell, trans)}
      </p>
      {shown.map((difference, index) => (
        <Difference key={index} difference={difference} trans={trans} />
      ))}
      {more > 0 && <p>{trans.__('And %1 more.', more)}</p>}
      {cell.traceback !== '' && <OutputText text={cell.traceback} />}
    </li>
  );
}

function CellLink(props: {
  cell: string;
  onReveal: (cell: string) => void;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { cell, onReveal, trans } = props;
  return (
    <button
      type="button"
      className="pw-LinkButton"
      title={trans.__('Go to the cell')}
      onClick={() => {
        onReveal(cell);
      }}
    >
      <code>{cell}</code>
    </button>
  );
}

/** A text of several lines, such as a table, scrolls. A single line wraps. */
function OutputText({ text }: { text: string }): React.JSX.Element {
  return text.trimEnd().includes('\n') ? (
    <pre className="pw-Check-text pw-mod-lines" tabIndex={0}>
      {text}
    </pre>
  ) : (
    <pre className="pw-Check-text">{text}</pre>
  );
}

interface IDifferenceProps {
  difference: CheckDifference;
  trans: TranslationBundle;
}

function Difference(props: IDifferenceProps): React.JSX.Element {
  const { difference, trans } = props;
  const { expected, found, kind } = difference;
  const texts: [string, string][] = [
    [trans.__('In the lesson'), expected],
    [trans.__('In your notebook'), found]
  ];
  const pictures: [string, string | null][] = [
    [trans.__('In the lesson'), difference.expected_picture],
    [trans.__('In your notebook'), difference.found_picture],
    [trans.__('Where they differ'), difference.difference_picture]
  ];
  return (
    <div className="pw-Check-difference">
      <p>
        <strong>{placeText(difference, trans)}</strong>:{' '}
        {differenceText(difference, trans)}
      </p>
      {kind !== 'number' &&
        texts.map(
          ([title, text]) =>
            text !== '' && (
              <figure key={title} className="pw-Check-figure">
                <figcaption>{title}</figcaption>
                <OutputText text={text} />
              </figure>
            )
        )}
      {pictures.map(
        ([title, picture]) =>
          picture !== null && (
            <figure key={title} className="pw-Check-figure">
              <figcaption>{title}</figcaption>
              <img className="pw-Check-picture" src={picture} alt={title} />
            </figure>
          )
      )}
    </div>
  );
}
