import type {
  IntegerGrid,
  LayerReport
} from '../../../../src/contract/compression';
import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import { precisionOf } from './estimate';
import { bytes, points, share, short } from './figures';
import { smallHistogram } from './histogram-plots';
import { layerDetail } from './layer-detail';
import { layerHead } from './layer-head';
import type { Column, IRowsView } from './layer-rows';
import { COLUMNS, lossOf, shownLayers } from './layer-rows';
import type { LensState } from './lens-state';

/** The layers in the order of the view, with what is known of each; one may be open. */
export function layerTable(
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement[] {
  const view = viewOf(state);
  const layers = shownLayers(state.layers, view);
  const table = make('table', 'pw-CompressionLens-table');
  table.append(layerHead(state, trans, signal));
  const body = make('tbody');
  const most = Math.max(
    0,
    ...state.layers.map(
      layer => lossOf(precisionOf(layer, view.bits), view.hasTruth) ?? 0
    )
  );
  for (const layer of layers) {
    const line = lineOf(layer, state, { view, most, trans, signal });
    body.append(line);
    if (state.get('layer') === layer.name) {
      const details = make('tr', 'pw-CompressionLens-details');
      const cell = make('td');
      cell.colSpan = COLUMNS.length;
      cell.append(layerDetail(layer, state, trans, signal));
      details.append(cell);
      body.append(details);
    }
  }
  table.append(body);
  body.addEventListener('keydown', onKey, { signal });
  const scroll = make('div', 'pw-Text-scroll');
  scroll.dataset.scroll = 'layers';
  scroll.append(table);
  return [scroll];
}

/** Scroll the table, and nothing else, so that the layer that is open is visible. */
export function revealDetails(node: HTMLElement): void {
  const details = node.querySelector('.pw-CompressionLens-details');
  const scroll = node.querySelector('[data-scroll]');
  const line = details?.previousElementSibling;
  if (!details || !scroll || !line) {
    return;
  }
  const area = scroll.getBoundingClientRect();
  // The head stays on top.
  const head = scroll.querySelector('thead')?.getBoundingClientRect().height;
  const below = details.getBoundingClientRect().bottom - area.bottom;
  const above = line.getBoundingClientRect().top - area.top - (head ?? 0);
  // The line of the layer stays below the head, also if there is no room for all that follows.
  scroll.scrollTop += above < 0 ? above : Math.max(0, Math.min(below, above));
}

/** The layers that the table shows. */
export function layersInTable(state: LensState): readonly LayerReport[] {
  return shownLayers(state.layers, viewOf(state));
}

function viewOf(state: LensState): IRowsView {
  return {
    filter: state.filter,
    sortBy: state.get('sort_by'),
    descending: state.get('descending'),
    bits: state.get('figures_bits'),
    hasTruth: state.hasTruth,
    settings: state.settings,
    sizes: state.sizes
  };
}

interface ILineOptions {
  readonly view: IRowsView;
  /** The largest loss of all layers. */
  readonly most: number;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
}

function lineOf(
  layer: LayerReport,
  state: LensState,
  { view, most, trans, signal }: ILineOptions
): HTMLElement {
  const precision = precisionOf(layer, view.bits);
  const { weights, activations } = precision ?? {};
  const { bits, kept } = state.settingOf(layer);
  const line = make('tr');
  line.classList.toggle('pw-mod-changed', bits !== 32 || kept !== null);
  const cells: Record<Column, readonly (string | Node)[]> = {
    layer: nameOf(layer, state, signal),
    weights: histogramOf(layer.weights, weights, trans),
    activations: histogramOf(layer.activations, activations, trans),
    snr: both(weights, activations, trans, grid =>
      grid.snr_db === null ? '–' : grid.snr_db.toFixed(1)
    ),
    saturated: both(weights, activations, trans, grid =>
      grid.saturated === null ? '–' : share(grid.saturated)
    ),
    loss: [lossBar(lossOf(precision, view.hasTruth), most, view.hasTruth)],
    size: [bytes(view.sizes.get(layer.name) ?? 0)],
    bits: [bitsChoice(layer, state, trans, signal)],
    channels: [channelsChoice(layer, state, trans, signal)]
  };
  for (const column of COLUMNS) {
    const cell = make(column === 'layer' ? 'th' : 'td');
    cell.classList.add(`pw-mod-${column}`);
    cell.append(...cells[column]);
    line.append(cell);
  }
  return line;
}

function nameOf(
  layer: LayerReport,
  state: LensState,
  signal: AbortSignal
): Node[] {
  const name = make('button', 'pw-CompressionLens-layer', layer.name);
  name.type = 'button';
  name.dataset.key = `layer ${layer.name}`;
  // Without the sign that CSS puts before it.
  name.setAttribute('aria-label', layer.name);
  name.setAttribute('aria-expanded', String(state.get('layer') === layer.name));
  name.addEventListener(
    'click',
    () => {
      state.toggle(layer);
    },
    { signal }
  );
  const facts = [layer.op, layer.shape.join('×'), layer.line].filter(Boolean);
  return [name, make('div', 'pw-CompressionLens-facts', facts.join(' · '))];
}

function histogramOf(
  histogram: LayerReport['weights'],
  grid: IntegerGrid | null | undefined,
  trans: ITranslation
): Node[] {
  if (histogram === null) {
    return ['–'].map(text => document.createTextNode(text));
  }
  const range = trans.__(
    'values from %1 to %2',
    short(histogram.edges[0]),
    short(histogram.edges.at(-1) ?? 0)
  );
  return [
    smallHistogram(histogram, grid, range),
    make('div', 'pw-CompressionLens-facts', scaleText(grid, trans))
  ];
}

/** The scale of a grid, the smallest and the largest if channels have their own, and the zero point. */
export function scaleText(
  grid: IntegerGrid | null | undefined,
  trans: ITranslation
): string {
  if (!grid) {
    return '';
  }
  const [least, most] = [Math.min(...grid.scales), Math.max(...grid.scales)];
  if (grid.scales.length > 1) {
    return trans.__('scales %1–%2', short(least), short(most));
  }
  const [zero] = grid.zero_points;
  return zero === 0
    ? trans.__('scale %1', short(least))
    : trans.__('scale %1, zero %2', short(least), zero);
}

/** What is written of the weights and, below it, of the activations. */
function both(
  weights: IntegerGrid | null | undefined,
  activations: IntegerGrid | null | undefined,
  trans: ITranslation,
  text: (grid: IntegerGrid) => string
): Node[] {
  const names = [trans.__('w'), trans.__('a')];
  return [weights, activations].map((grid, at) => {
    const line = make('div', 'pw-CompressionLens-pair');
    line.append(
      make('span', 'pw-CompressionLens-facts', names[at] ?? ''),
      grid ? text(grid) : '–'
    );
    return line;
  });
}

/** A bar as long as the loss, next to the number. */
function lossBar(
  loss: number | null,
  most: number,
  hasTruth: boolean
): HTMLElement {
  const wrapper = make('div', 'pw-CompressionLens-loss');
  if (loss === null) {
    wrapper.textContent = '–';
    return wrapper;
  }
  const bar = make('div', 'pw-CompressionLens-bar');
  bar.style.width = `${most > 0 ? (48 * Math.max(0, loss)) / most : 0}px`;
  wrapper.append(bar, hasTruth ? points(-loss) : String(loss));
  return wrapper;
}

function bitsChoice(
  layer: LayerReport,
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const bits = layer.precisions
    .map(each => each.bits)
    .sort((one, other) => other - one);
  const choice = selection(
    trans.__('Bits of %1', layer.name),
    bits.map(each => [String(each), String(each)] as const),
    String(state.settingOf(layer).bits)
  );
  choice.disabled = bits.length < 2;
  choice.dataset.key = `bits of ${layer.name}`;
  choice.addEventListener(
    'change',
    () => {
      state.change([layer], { bits: Number(choice.value) });
    },
    { signal }
  );
  return choice;
}

function channelsChoice(
  layer: LayerReport,
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  if (layer.channels === null || layer.prunings.length === 0) {
    return make('span', '', '–');
  }
  const counts = layer.prunings
    .map(each => each.kept)
    .sort((one, other) => other - one);
  const choice = selection(
    trans.__('Channels of %1', layer.name),
    [
      ['', String(layer.channels)],
      ...counts.map(each => [String(each), String(each)] as const)
    ],
    String(state.settingOf(layer).kept ?? '')
  );
  choice.dataset.key = `channels of ${layer.name}`;
  choice.addEventListener(
    'change',
    () => {
      const kept = choice.value === '' ? null : Number(choice.value);
      state.change([layer], { kept });
    },
    { signal }
  );
  return choice;
}

function selection(
  label: string,
  values: readonly (readonly [string, string])[],
  chosen: string
): HTMLSelectElement {
  const select = make('select');
  select.setAttribute('aria-label', label);
  for (const [value, name] of values) {
    const option = make('option', '', name);
    option.value = value;
    option.selected = value === chosen;
    select.append(option);
  }
  return select;
}

/** The arrow keys walk through the layers. */
function onKey(event: KeyboardEvent): void {
  const { target, currentTarget } = event;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
  if (
    step === 0 ||
    !(target instanceof HTMLElement) ||
    !(currentTarget instanceof HTMLElement) ||
    !target.matches('.pw-CompressionLens-layer')
  ) {
    return;
  }
  event.preventDefault();
  const names = [
    ...currentTarget.querySelectorAll<HTMLElement>('.pw-CompressionLens-layer')
  ];
  names[names.indexOf(target) + step]?.focus();
}
