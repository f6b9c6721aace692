import type { TranslationBundle } from '@jupyterlab/translation';
import type { Parity } from '../contract';

/** The parity of a target that is equal. */
export function paritySentence(
  parity: Parity,
  trans: TranslationBundle
): string {
  const equal = `${reference(parity, trans)} ${difference(parity, trans)}`;
  const sentence = withDecisions(equal, parity, trans);
  return parity.raw_examples > 0
    ? trans.__(
        '%1 Raw examples with the same result: %2.',
        sentence,
        parity.raw_examples
      )
    : sentence;
}

function withDecisions(
  equal: string,
  { changed_decisions, decisions, is_held_out }: Parity,
  trans: TranslationBundle
): string {
  if (decisions === 0) {
    return equal;
  }
  return is_held_out
    ? trans.__(
        '%1 Decisions on the held-out set that changed: %2 of %3.',
        equal,
        changed_decisions,
        decisions
      )
    : trans.__(
        '%1 Decisions that changed: %2 of %3.',
        equal,
        changed_decisions,
        decisions
      );
}

/** A bundle that was made from a program has no eager network. */
function reference(
  { reference, samples }: Parity,
  trans: TranslationBundle
): string {
  return reference === 'predictor'
    ? trans.__('Equal to the Predictor on %1 samples.', samples)
    : trans.__('Equal to the eager network on %1 samples.', samples);
}

function difference(parity: Parity, trans: TranslationBundle): string {
  const largest = (parity.largest_difference ?? 0).toPrecision(1);
  // With int8 weights values move, and only the decisions count.
  return parity.tolerance === null
    ? trans.__('Largest difference: %1 (only decisions count).', largest)
    : trans.__(
        'Largest difference: %1 (tolerance %2).',
        largest,
        parity.tolerance
      );
}
