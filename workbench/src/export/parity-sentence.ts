import type { TranslationBundle } from '@jupyterlab/translation';
import type { Parity } from '../contract';

/** The parity of a target that is equal. */
export function paritySentence(
  parity: Parity,
  trans: TranslationBundle
): string {
  let sentence = trans.__(
    'Equal to the eager network on %1 samples; the largest difference is %2 (tolerance %3).',
    parity.samples,
    (parity.largest_difference ?? 0).toPrecision(1),
    parity.tolerance
  );
  if (parity.decisions > 0) {
    sentence = trans.__(
      '%1 Decisions that changed: %2 of %3.',
      sentence,
      parity.changed_decisions,
      parity.decisions
    );
  }
  if (parity.raw_examples > 0) {
    sentence = trans.__(
      '%1 Raw examples with the same result: %2.',
      sentence,
      parity.raw_examples
    );
  }
  return sentence;
}
