import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { BundlePicture } from '../contract';
import type { IFailure } from '../failure';
import { FailureView } from '../failure-view';
import type { Language } from '../language';
import { amount } from '../program/microscope/amounts';
import { BundleFacts } from './bundle-facts';
import { ChecksView } from './checks-view';
import { CompareForm } from './compare-form';
import type { TargetChecks } from './target-checks';
import type { TargetOfView } from './target-view';
import { TargetView } from './target-view';

export interface IBundleViewProps {
  checks: TargetChecks['progress'];
  failure: IFailure | null;
  isLoading: boolean;
  language: Language;
  onCancelAll: () => void;
  onCheckAll: () => void;
  onCompare: (before: string, after: string) => void;
  onOpenLine: (path: string, line: number) => void;
  onReload: () => void;
  picture: BundlePicture | null;
  targets: ReadonlyMap<string, TargetOfView>;
  trans: TranslationBundle;
}

/** The panel of a bundle. */
export function BundleView(props: IBundleViewProps): React.JSX.Element {
  const { failure, isLoading, onReload, picture, trans } = props;
  if (picture === null) {
    return failure && !isLoading ? (
      <FailureView failure={failure} onRetry={onReload} trans={trans} />
    ) : (
      <Skeleton trans={trans} />
    );
  }
  const { record, targets } = picture;
  return (
    <div className="pw-Bundle" aria-busy={isLoading}>
      <header className="pw-Bundle-header">
        <div>
          <h1 className="pw-Bundle-title">
            {record.name} <span className="pw-Badge">{record.version}</span>
          </h1>
          <p className="pw-Bundle-task">{record.task}</p>
        </div>
        <button
          type="button"
          className="pw-Button"
          disabled={isLoading}
          onClick={onReload}
        >
          {isLoading ? trans.__('Verifying …') : trans.__('Verify again')}
        </button>
      </header>
      <VerifyState picture={picture} trans={trans} />
      <div className="pw-Bundle-columns">
        <section aria-label={trans.__('Targets')}>
          <div className="pw-Bundle-targetsHeader">
            <h2 className="pw-Bundle-heading">{trans.__('Targets')}</h2>
            <ChecksView {...props} picture={picture} />
          </div>
          <ul className="pw-Bundle-targets">
            {targets.map(target => (
              <TargetView
                key={target.name}
                {...props}
                model={props.targets.get(target.name) ?? null}
                picture={picture}
                target={target}
              />
            ))}
          </ul>
          <CompareForm
            onCompare={props.onCompare}
            picture={picture}
            trans={trans}
          />
        </section>
        <BundleFacts language={props.language} record={record} trans={trans} />
      </div>
    </div>
  );
}

interface IVerifyStateProps {
  picture: BundlePicture;
  trans: TranslationBundle;
}

function VerifyState(props: IVerifyStateProps): React.JSX.Element {
  const { picture, trans } = props;
  const { problem, record } = picture;
  if (problem) {
    return (
      <div className="pw-Bundle-verify" data-state="broken" role="alert">
        <p>
          <span aria-hidden="true">✗</span> {problem.message}
        </p>
        {problem.hint !== '' && <p>{problem.hint}</p>}
      </div>
    );
  }
  const sizes = Object.values(record.files).map(({ bytes }) => bytes);
  const size = sizes.reduce((sum, bytes) => sum + bytes, 0);
  return (
    <div className="pw-Bundle-verify" data-state="ok" role="status">
      <p>
        <span aria-hidden="true">✓</span>{' '}
        {trans.__(
          'Every file is unchanged: %1 files, %2.',
          sizes.length,
          amount(size, 'B')
        )}
      </p>
      {picture.is_packed && (
        <p>
          {trans.__(
            'A zip file is not changed. Unpack it to export the folder.'
          )}
        </p>
      )}
    </div>
  );
}

function Skeleton(props: { trans: TranslationBundle }): React.JSX.Element {
  return (
    <div className="pw-Skeleton" role="status">
      <span className="pw-VisuallyHidden">
        {props.trans.__('Reading and verifying the bundle')}
      </span>
      {Array.from({ length: 6 }, (_, at) => (
        <span key={at} className="pw-Skeleton-bar" aria-hidden="true" />
      ))}
    </div>
  );
}
