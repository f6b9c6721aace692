import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { BundlePicture } from '../contract';
import type { TargetChecks } from './target-checks';

interface IChecksViewProps {
  /** How far the checks of all targets are; null unless they go on. */
  checks: TargetChecks['progress'];
  onCancelAll: () => void;
  onCheckAll: () => void;
  picture: BundlePicture;
  trans: TranslationBundle;
}

/** Checks all targets, and shows how far that is. */
export function ChecksView(props: IChecksViewProps): React.JSX.Element {
  const { checks, onCancelAll, onCheckAll, picture, trans } = props;
  if (checks === null) {
    return (
      <button
        type="button"
        className="pw-Button"
        disabled={picture.problem !== null}
        onClick={onCheckAll}
      >
        {trans.__('Check all')}
      </button>
    );
  }
  const { done, target, total } = checks;
  const title =
    picture.targets.find(({ name }) => name === target)?.title ?? target;
  return (
    <div className="pw-Bundle-checks">
      <progress
        aria-label={trans.__('Progress of all checks')}
        className="pw-Target-bar"
        max={total}
        value={done}
      />
      <span className="pw-Target-note" role="status">
        {trans.__('Checking %1 of %2: %3', done + 1, total, title)}
      </span>
      <button type="button" className="pw-Button" onClick={onCancelAll}>
        {trans.__('Cancel all')}
      </button>
    </div>
  );
}
