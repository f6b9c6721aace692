import type { TranslationBundle } from '@jupyterlab/translation';
import type { Parity } from '../contract';

/** The parity of a target that is equal. */
export function paritySentence(
  parity: Parity,
  trans: TranslationBundle
): string {
  const equal = trans.__(
    'Equal to the eager network on %1 samples; the largest difference is %2 (tolerance %3).',
    parity.samples,
    (parity.largest_difference ?? 0).toPrecision(1),
    parity.tolerance
  );
  return parity.decisions === 0
    ? equal
    : trans.__(
        '%1 Decisions that changed: %2 of %3.',
        equal,
        parity.changed_decisions,
        parity.decisions
      );
}
