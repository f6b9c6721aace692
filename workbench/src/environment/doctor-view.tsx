import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon, copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { codeAddress } from '../code-link';
import type { DoctorReport, Finding, JobProgress } from '../contract';
import type { IFailure } from '../failure';
import { FailureView } from '../failure-view';
import type { Language } from '../language';
import {
  findingSign,
  findingText,
  reportText,
  sortFindings
} from './finding-state';

export interface IDoctorViewProps {
  failure: IFailure | null;
  isRunning: boolean;
  language: Language;
  onCopy: (text: string) => void;
  onRun: () => void;
  progress: JobProgress | null;
  report: DoctorReport | null;
  trans: TranslationBundle;
}

/** The doctor panel. */
export function DoctorView(props: IDoctorViewProps): React.JSX.Element {
  const { failure, isRunning, language, onCopy, onRun, report, trans } = props;
  const [copied, setCopied] = React.useState<string | null>(null);
  const copy = (text: string): void => {
    onCopy(text);
    setCopied(text);
  };
  const wholeReport = report && reportText(report, language, trans);
  return (
    <div className="pw-Doctor">
      <header className="pw-Doctor-header">
        <div>
          <h1 className="pw-Doctor-title">{trans.__('Environment')}</h1>
          <p className="pw-Doctor-summary" aria-live="polite">
            {report && !isRunning
              ? report.summary[language]
              : trans.__('Is this machine ready for the course?')}
          </p>
        </div>
        <div className="pw-Doctor-actions">
          {wholeReport !== null && (
            <CopyButton
              isCopied={copied === wholeReport}
              label={trans.__('Copy report')}
              onCopy={() => {
                copy(wholeReport);
              }}
              trans={trans}
            />
          )}
          <button
            type="button"
            className="pw-Button"
            disabled={isRunning}
            onClick={onRun}
          >
            {report || failure ? trans.__('Run again') : trans.__('Run')}
          </button>
        </div>
      </header>
      {isRunning && <Progress {...props} />}
      {failure && !isRunning && (
        <FailureView failure={failure} onRetry={onRun} trans={trans} />
      )}
      {report?.findings.length === 0 && (
        <p className="pw-Empty">
          {trans.__('The doctor found nothing to check.')}
        </p>
      )}
      {report && report.findings.length > 0 && (
        <table className="pw-Doctor-table" aria-busy={isRunning}>
          <thead>
            <tr>
              <th scope="col">{trans.__('Status')}</th>
              <th scope="col">{trans.__('Check')}</th>
              <th scope="col">{trans.__('Details')}</th>
              <th scope="col">{trans.__('Repair')}</th>
            </tr>
          </thead>
          <tbody>
            {sortFindings(report.findings).map(finding => (
              <FindingRow
                key={finding.check}
                finding={finding}
                isCopied={copied === finding.repair}
                language={language}
                onCopy={copy}
                trans={trans}
              />
            ))}
          </tbody>
        </table>
      )}
      <p className="pw-VisuallyHidden" role="status">
        {copied !== null && trans.__('Copied.')}
      </p>
    </div>
  );
}

function Progress(props: IDoctorViewProps): React.JSX.Element {
  const { language, progress, trans } = props;
  const { done = 0, step = null, total = 0 } = progress ?? {};
  return (
    <div className="pw-Doctor-progress">
      <progress
        className="pw-Doctor-bar"
        aria-label={trans.__('Examining the environment')}
        max={total > 0 ? total : undefined}
        value={total > 0 ? done : undefined}
      />
      <p>
        <span role="status">
          {trans.__(
            'Importing Paddle and trying it out. This takes 10 to 30 seconds.'
          )}
        </span>{' '}
        {step && (
          <span className="pw-Doctor-step">
            {trans.__('%1 of %2: %3', done, total, step[language])}
          </span>
        )}
      </p>
    </div>
  );
}

interface IFindingRowProps {
  finding: Finding;
  isCopied: boolean;
  language: Language;
  onCopy: (text: string) => void;
  trans: TranslationBundle;
}

function FindingRow(props: IFindingRowProps): React.JSX.Element {
  const { finding, isCopied, language, onCopy, trans } = props;
  return (
    <tr>
      <td className="pw-Doctor-state" data-state={finding.state}>
        <span className="pw-Doctor-sign" aria-hidden="true">
          {findingSign(finding.state)}
        </span>
        {findingText(finding.state, trans)}
      </td>
      <th scope="row">{finding.title[language]}</th>
      <td className="pw-Doctor-detail">
        {finding.code !== '' && (
          <CodeLink code={finding.code} language={language} />
        )}
        {finding.detail}
      </td>
      <td>
        {finding.repair !== '' && (
          <div className="pw-Doctor-repair">
            <code>{finding.repair}</code>
            <CopyButton
              isCopied={isCopied}
              label={trans.__('Copy')}
              onCopy={() => {
                onCopy(finding.repair);
              }}
              trans={trans}
            />
          </div>
        )}
      </td>
    </tr>
  );
}

function CodeLink(props: {
  code: string;
  language: Language;
}): React.JSX.Element {
  const { code, language } = props;
  const address = codeAddress(code, language);
  return address === null ? (
    <code className="pw-Doctor-code">{code}</code>
  ) : (
    <a
      className="pw-Doctor-code"
      href={address}
      rel="noopener"
      target="_blank"
      title={`workbench explain ${code}`}
    >
      {code}
    </a>
  );
}

interface ICopyButtonProps {
  isCopied: boolean;
  label: string;
  onCopy: () => void;
  trans: TranslationBundle;
}

function CopyButton(props: ICopyButtonProps): React.JSX.Element {
  const { isCopied, label, onCopy, trans } = props;
  const Icon = isCopied ? checkIcon : copyIcon;
  return (
    <button type="button" className="pw-Button pw-mod-quiet" onClick={onCopy}>
      <Icon.react tag="span" className="pw-Button-icon" />
      {isCopied ? trans.__('Copied') : label}
    </button>
  );
}
