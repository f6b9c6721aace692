import type { TranslationBundle } from '@jupyterlab/translation';
import type { BundleTarget, ExportReport } from '../contract';

/** How far a bundle is with a target. */
export type TargetState =
  'accepted' | 'checking' | 'exported' | 'exporting' | 'refused' | 'unknown';

const SIGNS: Readonly<Record<TargetState, string>> = {
  accepted: '○',
  checking: '…',
  exported: '✓',
  exporting: '…',
  refused: '✗',
  unknown: '·'
};

/** The state of a target: what goes on, else what was found last, else what the bundle says. */
export function stateOf(
  target: BundleTarget,
  report: ExportReport | null,
  action: 'export' | 'preflight' | null
): TargetState {
  if (action !== null) {
    return action === 'export' ? 'exporting' : 'checking';
  }
  if (report && !report.is_accepted) {
    return 'refused';
  }
  if (target.exported) {
    return 'exported';
  }
  return report ? 'accepted' : 'unknown';
}

/** The character that stands for a state. */
export function signOf(state: TargetState): string {
  return SIGNS[state];
}

/** The words for a state. */
export function stateText(
  state: TargetState,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'accepted':
      return trans.__('Accepted, not exported yet');
    case 'checking':
      return trans.__('Checking');
    case 'exported':
      return trans.__('Exported');
    case 'exporting':
      return trans.__('Exporting');
    case 'refused':
      return trans.__('Not accepted');
    case 'unknown':
      return trans.__('Not checked');
  }
}
