import type {
  IntegerGrid,
  LayerPrecision,
  LayerReport,
  ValueHistogram
} from '../../../../src/contract/compression';
import type { ITranslation } from '../base/translation';
import { freshId, make } from '../text/elements';
import { heads, row } from './controls';
import { bytes, points, share, short } from './figures';
import { domainOf, levelsPlot } from './histogram-plots';
import { lossOf } from './layer-rows';
import type { LensState } from './lens-state';
import { FULL_BITS } from './lens-traits';
import { levelsOf } from './rounding-cells';

/** What can be chosen for a layer, and what rounding does to its values. */
export function layerDetail(
  layer: LayerReport,
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const node = make('div', 'pw-CompressionLens-detail');
  node.setAttribute('role', 'group');
  node.setAttribute('aria-label', trans.__('Layer %1', layer.name));
  const choices = make('div', 'pw-CompressionLens-choices');
  const parameters = layer.parameters.toLocaleString('en');
  choices.append(
    make(
      'p',
      'pw-Text-note',
      trans.__('%1 parameters. If only this layer is changed:', parameters)
    ),
    bitsTable(layer, state, trans, signal)
  );
  if (layer.prunings.length > 0) {
    choices.append(channelsTable(layer, state, trans, signal));
  } else if (layer.channels !== null) {
    choices.append(
      make(
        'p',
        'pw-Text-note',
        trans.__(
          'Its channels go together with those of another layer: %1.',
          layer.group
        )
      )
    );
  }
  node.append(choices, plots(layer, state, trans));
  return node;
}

/** The numbers of bits, the most first. */
function precisionsOf(layer: LayerReport): readonly LayerPrecision[] {
  return [...layer.precisions].sort((one, other) => other.bits - one.bits);
}

function bitsTable(
  layer: LayerReport,
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const { bits } = state.settingOf(layer);
  const group = freshId('pw-compression');
  const table = make('table', 'pw-CompressionLens-table');
  table.append(
    heads([
      trans.__('bits'),
      trans.__('size'),
      trans.__('SNR, dB'),
      lossHead(state, trans)
    ])
  );
  const body = make('tbody');
  for (const each of precisionsOf(layer)) {
    const radio = choice({
      group,
      key: `bits ${each.bits}`,
      name: trans.__('%1 bits', each.bits),
      isChosen: each.bits === bits,
      signal,
      onChoose: () => {
        state.change([layer], { bits: each.bits });
      }
    });
    const isFull = each.bits === FULL_BITS;
    body.append(
      row([
        radio,
        bytes(each.size_bytes),
        isFull ? '∞' : snrText(each.weights),
        isFull ? '' : lossText(lossOf(each, state.hasTruth), state, trans)
      ])
    );
  }
  table.append(body);
  return table;
}

function channelsTable(
  layer: LayerReport,
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const { kept } = state.settingOf(layer);
  const all = layer.channels ?? 0;
  const group = freshId('pw-compression');
  const table = make('table', 'pw-CompressionLens-table');
  table.append(
    heads([trans.__('channels'), trans.__('removed'), lossHead(state, trans)])
  );
  const body = make('tbody');
  const line = (count: number, loss: string): void => {
    const isAll = count === all;
    const radio = choice({
      group,
      key: `channels ${count}`,
      name: trans.__('%1 channels', count),
      isChosen: isAll ? kept === null : kept === count,
      signal,
      onChoose: () => {
        state.change([layer], { kept: isAll ? null : count });
      }
    });
    body.append(row([radio, isAll ? '' : share(1 - count / all), loss]));
  };
  line(all, '');
  const prunings = [...layer.prunings];
  prunings.sort((one, other) => other.kept - one.kept);
  for (const each of prunings) {
    line(each.kept, lossText(lossOf(each, state.hasTruth), state, trans));
  }
  table.append(body);
  const others = new Set(
    layer.prunings.flatMap(({ removed }) => Object.keys(removed))
  );
  others.delete(layer.name);
  const wrapper = make('div');
  wrapper.append(table);
  if (others.size > 0) {
    const names = [...others].join(trans.__(', '));
    wrapper.append(
      make('p', 'pw-Text-note', trans.__('Also makes smaller: %1.', names))
    );
  }
  return wrapper;
}

interface IChoiceOptions {
  readonly group: string;
  readonly key: string;
  readonly name: string;
  readonly isChosen: boolean;
  readonly signal: AbortSignal;
  readonly onChoose: () => void;
}

function choice(options: IChoiceOptions): HTMLElement {
  const { group, key, name, isChosen, signal, onChoose } = options;
  const label = make('label', 'pw-CompressionLens-choice');
  const input = make('input');
  input.type = 'radio';
  input.name = group;
  input.checked = isChosen;
  input.dataset.key = key;
  input.addEventListener('change', onChoose, { signal });
  label.append(input, name);
  return label;
}

function lossHead({ hasTruth }: LensState, trans: ITranslation): string {
  return hasTruth ? trans.__('accuracy') : trans.__('decisions');
}

function lossText(
  loss: number | null,
  { hasTruth }: LensState,
  trans: ITranslation
): string {
  if (loss === null) {
    return '–';
  }
  return hasTruth
    ? trans.__('%1 points', points(-loss))
    : trans.__('%1 changed', loss);
}

function snrText(grid: IntegerGrid | null): string {
  return grid?.snr_db === null || grid === null ? '–' : grid.snr_db.toFixed(1);
}

function plots(
  layer: LayerReport,
  state: LensState,
  trans: ITranslation
): HTMLElement {
  const node = make('div', 'pw-CompressionLens-plots');
  const rounded = precisionsOf(layer).filter(each => each.weights !== null);
  const { weights, activations } = layer;
  if (weights !== null) {
    const steps = rounded.map(each => halfStep(each.weights));
    const widest = Math.max(0, ...steps);
    const domain = domainOf(
      weights,
      rounded.map(each => each.weights)
    );
    for (const each of rounded) {
      const title = trans.__('Weights with %1 bits', each.bits);
      node.append(
        figure(title, weights, each.weights, { widest, domain, trans })
      );
    }
    if (rounded.length === 0) {
      const title = trans.__('Weights');
      node.append(figure(title, weights, null, { widest, domain, trans }));
    }
  }
  if (activations !== null) {
    const bits = state.get('figures_bits');
    const grid =
      layer.precisions.find(each => each.bits === bits)?.activations ?? null;
    const title =
      grid === null
        ? trans.__('Activations')
        : trans.__('Activations with the grid for %1 bits', bits);
    // Values beyond the range lose more than half a step, which is drawn up to eight steps.
    const widest = 16 * halfStep(grid);
    const domain = domainOf(activations, [grid]);
    node.append(figure(title, activations, grid, { widest, domain, trans }));
  }
  const note = make(
    'p',
    'pw-Text-note pw-CompressionLens-wide',
    trans.__(
      'Grey: the values, on a logarithmic scale. Bars: the levels of the grid, each as high as the values that go to it are dense. Shaded: beyond the grid. Below: the value less its level, at one scale for all bits of the weights.'
    )
  );
  node.append(note);
  return node;
}

function halfStep(grid: IntegerGrid | null): number {
  return grid === null ? 0 : levelsOf(grid).scale / 2;
}

interface IFigureOptions {
  readonly widest: number;
  readonly domain: readonly [number, number];
  readonly trans: ITranslation;
}

function figure(
  title: string,
  histogram: ValueHistogram,
  grid: IntegerGrid | null,
  { widest, domain, trans }: IFigureOptions
): HTMLElement {
  const facts = grid === null ? [] : factsOf(grid, trans);
  const label = [title, ...facts].join(trans.__(', '));
  const node = make('figure', 'pw-CompressionLens-figure');
  const caption = make('figcaption');
  caption.append(
    make('div', 'pw-CompressionLens-title', title),
    make('div', 'pw-Text-note', facts.join(' · '))
  );
  node.append(caption, levelsPlot(histogram, grid, { label, widest, domain }));
  return node;
}

function factsOf(grid: IntegerGrid, trans: ITranslation): string[] {
  const { scale } = levelsOf(grid);
  const facts = [
    trans.__('%1 levels', grid.highest - grid.lowest + 1),
    grid.scales.length > 1
      ? trans.__(
          '%1 apart in the widest of %2 channels',
          short(scale),
          grid.scales.length
        )
      : trans.__('%1 apart', short(scale))
  ];
  const [zero] = grid.zero_points;
  if (zero !== 0) {
    facts.push(trans.__('zero point %1', zero));
  }
  if (grid.snr_db !== null) {
    facts.push(trans.__('SNR %1 dB', grid.snr_db.toFixed(1)));
  }
  if (grid.largest_error !== null) {
    facts.push(trans.__('largest error %1', short(grid.largest_error)));
  }
  if (grid.saturated !== null) {
    facts.push(trans.__('%1 saturated', share(grid.saturated)));
  }
  return facts;
}
