import type { BundleRecord } from '../../../../src/contract/bundle';
import type { BundlePage } from '../../../../src/contract/page';
import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import { scientific } from './result-view';

export function taskName(
  task: BundleRecord['task'],
  trans: ITranslation
): string {
  return {
    'text-classification': trans.__('Text classification'),
    'image-classification': trans.__('Image classification'),
    'text-recognition': trans.__('Text recognition'),
    'object-detection': trans.__('Object detection'),
    tensors: trans.__('Arrays')
  }[task];
}

/** Make a list of what is known about the network of a page. */
export function factsOf(page: BundlePage, trans: ITranslation): HTMLElement {
  const { record, runtime_version } = page;
  const steps = [...record.preprocessing, ...record.postprocessing];
  const exported = record.targets.browser?.parity;
  const paddle = Object.entries(record.provenance.packages).find(([name]) =>
    name.startsWith('paddlepaddle')
  );
  const facts: readonly (readonly [string, string])[] = [
    [trans.__('Labels'), shortList(record.labels)],
    [trans.__('Steps'), steps.map(step => step.step).join(', ')],
    ...Object.entries(record.metrics).map(
      ([name, value]) => [name, String(value)] as const
    ),
    [
      trans.__('Largest difference when it was exported'),
      exported === undefined
        ? ''
        : scientific(exported.largest_difference ?? Infinity)
    ],
    [trans.__('Size of the model'), sizeText(page.model_bytes)],
    [trans.__('Runtime'), `ONNX Runtime Web ${runtime_version}`],
    [trans.__('Trained with'), paddle?.join(' ') ?? ''],
    [trans.__('Made on'), record.created_at.slice(0, 10)],
    [trans.__('Licence'), record.licence]
  ];
  const list = make('dl', 'pw-BundlePage-facts');
  for (const [name, value] of facts) {
    if (value !== '') {
      list.append(make('dt', '', name), make('dd', '', value));
    }
  }
  return list;
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 12).join(' ');
  return names.length > 12 ? `${names.length}: ${shown} …` : shown;
}

function sizeText(bytes: number): string {
  return bytes < 1e5
    ? `${(bytes / 1e3).toFixed(1)} kB`
    : `${(bytes / 1e6).toFixed(1)} MB`;
}
