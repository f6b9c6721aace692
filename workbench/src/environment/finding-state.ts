import type { TranslationBundle } from '@jupyterlab/translation';
import type { DoctorReport, Finding } from '../contract';
import type { Language } from '../language';

type FindingState = Finding['state'];

const ORDER: readonly FindingState[] = ['broken', 'warning', 'ok'];

const SIGNS: Record<FindingState, string> = {
  broken: '✗',
  warning: '!',
  ok: '✓'
};

/** The character that stands for a finding's state. */
export function findingSign(state: FindingState): string {
  return SIGNS[state];
}

/** The word for a finding's state. */
export function findingText(
  state: FindingState,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'broken':
      return trans.__('Broken');
    case 'warning':
      return trans.__('Warning');
    case 'ok':
      return trans.__('OK');
  }
}

/** The findings, broken ones first, otherwise in the doctor's order. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state)
  );
}

/** The report as text that a learner can send to a teacher. */
export function reportText(
  report: DoctorReport,
  language: Language,
  trans: TranslationBundle
): string {
  const lines = sortFindings(report.findings).map(finding => {
    const state = findingText(finding.state, trans);
    const code = finding.code === '' ? '' : `${finding.code} `;
    const title = `${code}${finding.title[language]}`;
    const line = `[${state}] ${title}: ${finding.detail}`;
    return finding.repair === '' ? line : `${line}\n    ${finding.repair}`;
  });
  return [report.summary[language], ...lines].join('\n');
}
