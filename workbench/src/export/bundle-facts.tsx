import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { BundleRecord, TensorSignature } from '../contract';
import type { Language } from '../language';

const DIGITS = 4;

type Step = BundleRecord['preprocessing'][number];
type LastStep = BundleRecord['postprocessing'][number];

interface IBundleFactsProps {
  language: Language;
  record: BundleRecord;
  trans: TranslationBundle;
}

/** What the record of a bundle says about it. */
export function BundleFacts(props: IBundleFactsProps): React.JSX.Element {
  const { language, record, trans } = props;
  const { provenance, samples } = record;
  const packages = Object.entries(provenance.packages);
  const metrics = Object.entries(record.metrics);
  return (
    <section aria-label={trans.__('About this bundle')}>
      <h2 className="pw-Bundle-heading">{trans.__('About this bundle')}</h2>
      <dl className="pw-Bundle-facts">
        <Fact title={trans.__('Inputs')} items={record.inputs.map(signature)} />
        <Fact
          title={trans.__('Before the program')}
          items={record.preprocessing.map(step)}
        />
        <Fact
          title={trans.__('Outputs')}
          items={record.outputs.map(signature)}
        />
        <Fact
          title={trans.__('After the program')}
          items={record.postprocessing.map(step)}
        />
        <Fact
          title={trans.__('Labels')}
          items={record.labels.map(label => ({ key: label }))}
          more={count => trans.__('All %1 labels', count)}
        />
        <Fact
          title={trans.__('Metrics')}
          items={metrics.map(([key, value]) => ({
            key,
            text: String(Number(value.toPrecision(DIGITS)))
          }))}
        />
        <Fact
          title={trans.__('Samples')}
          items={samples.map(({ error, is_edge_case, name }) => ({
            key: name,
            text:
              error !== ''
                ? trans.__('The network rejects it.')
                : is_edge_case
                  ? trans.__('Edge case')
                  : ''
          }))}
          more={count => trans.__('All %1 samples', count)}
        />
        <Fact
          title={trans.__('Made with')}
          items={[
            { key: new Date(record.created_at).toLocaleString(language) },
            { key: `Python ${provenance.python}` },
            { key: provenance.platform },
            ...packages.map(([key, text]) => ({ key, text }))
          ]}
        />
        <Fact
          title={trans.__('Licence')}
          items={[{ key: record.licence || trans.__('Not stated') }]}
        />
      </dl>
    </section>
  );
}

interface IItem {
  key: string;
  text?: string;
}

interface IFactProps {
  items: readonly IItem[];
  /** The words above a long list, which is folded. */
  more?: (count: number) => string;
  title: string;
}

const MOST_SHOWN = 8;

function Fact(props: IFactProps): React.JSX.Element | null {
  const { items, more, title } = props;
  if (items.length === 0) {
    return null;
  }
  const list = (
    <ul className="pw-Bundle-list">
      {items.map(({ key, text = '' }, at) => (
        <li key={at}>
          <span className="pw-Bundle-name">{key}</span>
          {text !== '' && <span className="pw-Bundle-detail"> {text}</span>}
        </li>
      ))}
    </ul>
  );
  return (
    <>
      <dt>{title}</dt>
      <dd>
        {more && items.length > MOST_SHOWN ? (
          <details>
            <summary>{more(items.length)}</summary>
            {list}
          </details>
        ) : (
          list
        )}
      </dd>
    </>
  );
}

function signature({ dtype, name, shape }: TensorSignature): IItem {
  const sizes = shape?.map(size => size ?? '?').join(', ');
  return {
    key: name,
    text: sizes === undefined ? dtype : `${dtype} (${sizes})`
  };
}

/** A step with its parameters, under the names that they have in Python. */
function step({ step: key, ...parameters }: Step | LastStep): IItem {
  const text = Object.entries(parameters)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ');
  return { key, text };
}
