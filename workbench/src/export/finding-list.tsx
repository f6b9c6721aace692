import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ExportFinding, ExportReport, SourcePlace } from '../contract';
import { nameOf } from './bundle-path';

interface IFindingListProps {
  onOpenLine: (path: string, line: number) => void;
  report: ExportReport;
  trans: TranslationBundle;
}

/** What keeps a bundle from a target, each with its repair. */
export function FindingList(props: IFindingListProps): React.JSX.Element {
  const { onOpenLine, report, trans } = props;
  return (
    <ul className="pw-Target-findings" aria-label={trans.__('Findings')}>
      {report.findings.map((finding, at) => (
        <li key={at} className="pw-Finding" data-severity={finding.severity}>
          <p className="pw-Finding-head">
            <span className="pw-Finding-sign" aria-hidden="true">
              {finding.severity === 'error' ? '✗' : '!'}
            </span>
            <span>{severityText(finding, trans)}</span>
            <code>{finding.code}</code>
            {finding.line && (
              <Place
                onOpenLine={onOpenLine}
                path={report.sources[finding.line.file] ?? null}
                place={finding.line}
                trans={trans}
              />
            )}
          </p>
          <p className="pw-Finding-message">{finding.message}</p>
          {finding.hint !== '' && (
            <p className="pw-Finding-repair">
              <span className="pw-Finding-label">{trans.__('Repair')}</span>{' '}
              {finding.hint}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function severityText(
  { severity }: ExportFinding,
  trans: TranslationBundle
): string {
  return severity === 'error' ? trans.__('Error') : trans.__('Warning');
}

interface IPlaceProps {
  onOpenLine: (path: string, line: number) => void;
  /** Null if the browser cannot open the file, such as a cell of a notebook. */
  path: string | null;
  place: SourcePlace;
  trans: TranslationBundle;
}

function Place(props: IPlaceProps): React.JSX.Element {
  const { onOpenLine, path, place, trans } = props;
  const text = trans.__('%1, line %2', nameOf(place.file), place.line);
  return path === null ? (
    <span className="pw-Finding-place">{text}</span>
  ) : (
    <button
      type="button"
      className="pw-LinkButton"
      onClick={() => {
        onOpenLine(path, place.line);
      }}
    >
      {text}
    </button>
  );
}
