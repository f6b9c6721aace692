import type { BundlePage } from '../../../../src/contract/page';
import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import type { IParity } from './page-model';
import { scientific } from './result-view';

/** Largest gap in probability that is rounding; pictures are decoded alike in all browsers. */
const GAP = 1e-3;

/**
 * Show how far the page is from Paddle: a sentence, and the samples one by one.
 */
export function drawParity(
  element: HTMLElement,
  page: BundlePage,
  parity: IParity,
  trans: ITranslation
): void {
  const { samples, isDone, examples } = parity;
  const total = page.samples.length + page.examples.length;
  if (!isDone) {
    const done = samples.length + examples;
    const text = trans.__('Comparing with Paddle: %1 of %2', done, total);
    const progress = make('progress', 'pw-BundlePage-progress');
    progress.max = Math.max(1, total);
    progress.value = done;
    progress.setAttribute('aria-label', text);
    element.replaceChildren(make('p', '', text), progress);
    return;
  }
  const verdicts = [
    ...sampleVerdict(page, parity, trans),
    ...exampleVerdict(parity, trans)
  ];
  const list = make('ul', 'pw-BundlePage-verdicts');
  list.append(...verdicts);
  element.replaceChildren(list);
  if (samples.length > 0) {
    element.append(sampleTable(parity, trans));
  }
}

function sampleVerdict(
  { samples: carried, skipped_samples, tolerance }: BundlePage,
  { samples }: IParity,
  trans: ITranslation
): HTMLElement[] {
  if (carried.length === 0) {
    return [];
  }
  const largest = Math.max(...samples.map(each => each.difference));
  const different = samples.filter(each => !each.isEqual);
  const text =
    different.length === 0
      ? trans.__(
          'Equal to the Paddle network on %1 samples: the largest difference is %2, the limit %3.',
          samples.length,
          scientific(largest),
          tolerance
        )
      : trans.__(
          'Different from the Paddle network on %1 of %2 samples: the largest difference is %3, the limit %4.',
          different.length,
          samples.length,
          scientific(largest),
          tolerance
        );
  const items = [verdict(text, different.length === 0)];
  if (skipped_samples > 0) {
    const note = trans.__(
      '%1 larger samples are in the bundle, but not in this page.',
      skipped_samples
    );
    items.push(make('li', 'pw-BundlePage-verdict', note));
  }
  return items;
}

function exampleVerdict(
  { examples, otherResults, largestGap }: IParity,
  trans: ITranslation
): HTMLElement[] {
  if (examples === 0) {
    return [];
  }
  const isEqual = otherResults === 0 && largestGap <= GAP;
  const text = isEqual
    ? trans.__(
        'The same results as Paddle Inference on %1 examples: the probabilities differ by at most %2.',
        examples,
        scientific(largestGap)
      )
    : trans.__(
        '%1 of %2 examples have a different result from Paddle Inference: the probabilities differ by up to %3.',
        otherResults,
        examples,
        scientific(largestGap)
      );
  return [verdict(text, isEqual)];
}

function verdict(text: string, isEqual: boolean): HTMLElement {
  const item = make(
    'li',
    'pw-BundlePage-verdict',
    `${isEqual ? '✓' : '✗'} ${text}`
  );
  item.classList.add(isEqual ? 'pw-mod-equal' : 'pw-mod-different');
  return item;
}

function sampleTable({ samples }: IParity, trans: ITranslation): HTMLElement {
  const details = make('details', 'pw-BundlePage-details');
  details.append(make('summary', '', trans.__('Each sample')));
  const table = make('table', 'pw-BundlePage-table');
  const head = table.createTHead().insertRow();
  for (const text of [trans.__('Sample'), trans.__('Largest difference')]) {
    const cell = make('th', '', text);
    cell.scope = 'col';
    head.append(cell);
  }
  const body = table.createTBody();
  for (const { name, difference, isEqual } of samples) {
    const row = body.insertRow();
    row.append(
      make('td', '', name),
      make('td', '', `${isEqual ? '✓' : '✗'} ${scientific(difference)}`)
    );
  }
  details.append(table);
  return details;
}
