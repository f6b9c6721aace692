import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type {
  BundlePicture,
  BundleTarget,
  ExportReport,
  Job,
  TargetRecord
} from '../contract';
import { FailureView } from '../failure-view';
import type { Language } from '../language';
import { FindingList } from './finding-list';
import { paritySentence } from './parity-sentence';
import type { TargetModel } from './target-model';
import { signOf, stateOf, stateText } from './target-state';

/** What the view asks a target for. */
export type TargetOfView = Pick<
  TargetModel,
  'action' | 'cancel' | 'check' | 'export' | 'failure' | 'job' | 'reportOn'
>;

interface ITargetViewProps {
  language: Language;
  model: TargetOfView | null;
  onOpenLine: (path: string, line: number) => void;
  picture: BundlePicture;
  target: BundleTarget;
  trans: TranslationBundle;
}

/** One target: its state, what was found, and what can be done. */
export function TargetView(props: ITargetViewProps): React.JSX.Element {
  const { language, model, onOpenLine, picture, target, trans } = props;
  const report = model?.reportOn(picture.record.created_at) ?? null;
  const state = stateOf(target, report, model?.action ?? null);
  const parity = report?.parity ?? target.exported?.parity ?? null;
  const titleId = React.useId();
  return (
    <li className="pw-Target" aria-labelledby={titleId}>
      <div className="pw-Target-header">
        <span className="pw-Target-sign" data-state={state} aria-hidden="true">
          {signOf(state)}
        </span>
        <h3 className="pw-Target-title" id={titleId}>
          {target.title}
        </h3>
        <span className="pw-Target-state" role="status">
          {stateText(state, trans)}
        </span>
        <Actions {...props} report={report} titleId={titleId} />
      </div>
      {model?.action && (
        <Progress job={model.job} language={language} trans={trans} />
      )}
      {model?.failure && (
        <FailureView
          failure={model.failure}
          onRetry={() => {
            void model.check();
          }}
          trans={trans}
        />
      )}
      {!model?.action && model?.job?.state === 'cancelled' && (
        <p className="pw-Target-note">
          {trans.__('Cancelled. The bundle is as it was before.')}
        </p>
      )}
      {!model?.action && parity?.is_equal && (
        <p className="pw-Target-parity">{paritySentence(parity, trans)}</p>
      )}
      {target.exported && optionsOf(target.exported, trans) !== '' && (
        <p className="pw-Target-note">{optionsOf(target.exported, trans)}</p>
      )}
      {!model?.action && report && report.findings.length > 0 && (
        <FindingList onOpenLine={onOpenLine} report={report} trans={trans} />
      )}
    </li>
  );
}

/** What was chosen for the export, which another check or export keeps; empty if nothing was. */
function optionsOf(
  { weights, without_passes }: TargetRecord,
  trans: TranslationBundle
): string {
  const sentences = [
    weights === 'fp32' ? '' : trans.__('Weights: %1.', weights),
    without_passes.length === 0
      ? ''
      : trans.__('Without the passes %1.', without_passes.join(', '))
  ];
  return sentences.filter(sentence => sentence !== '').join(' ');
}

interface IActionsProps extends ITargetViewProps {
  report: ExportReport | null;
  titleId: string;
}

function Actions(props: IActionsProps): React.JSX.Element | null {
  const { model, picture, report, target, titleId, trans } = props;
  const checkId = React.useId();
  const exportId = React.useId();
  if (model?.action) {
    return (
      <div className="pw-Target-actions">
        <button
          type="button"
          className="pw-Button"
          onClick={() => {
            void model.cancel();
          }}
        >
          {trans.__('Cancel')}
        </button>
      </div>
    );
  }
  const isChanged = picture.problem !== null;
  const canExport = report?.is_accepted === true && !picture.is_packed;
  return (
    <div className="pw-Target-actions">
      <button
        type="button"
        className="pw-Button"
        disabled={model === null || isChanged}
        id={checkId}
        aria-labelledby={`${checkId} ${titleId}`}
        onClick={() => {
          void model?.check();
        }}
      >
        {report ? trans.__('Check again') : trans.__('Check')}
      </button>
      {canExport && (
        <button
          type="button"
          className="pw-Button pw-mod-primary"
          disabled={isChanged}
          id={exportId}
          aria-labelledby={`${exportId} ${titleId}`}
          onClick={() => {
            void model?.export();
          }}
        >
          {target.exported ? trans.__('Export again') : trans.__('Export')}
        </button>
      )}
    </div>
  );
}

interface IProgressProps {
  job: Job | null;
  language: Language;
  trans: TranslationBundle;
}

function Progress(props: IProgressProps): React.JSX.Element {
  const { job, language, trans } = props;
  const { done, step, total } = job?.progress ?? {
    done: 0,
    step: null,
    total: 0
  };
  const text =
    job?.state === 'queued'
      ? trans.__('Waiting for other background work')
      : step
        ? trans.__('%1 of %2: %3', done, total, step[language])
        : trans.__('Reading and verifying the bundle');
  return (
    <div className="pw-Target-progress">
      <progress
        aria-label={trans.__('Progress')}
        className="pw-Target-bar"
        max={total > 0 ? total : undefined}
        value={total > 0 ? done : undefined}
      />
      <p className="pw-Target-note">{text}</p>
    </div>
  );
}
