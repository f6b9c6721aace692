import type { CompressionTry } from '../../../../src/contract/compression';
import type { ITranslation } from '../base/translation';
import { choice, make } from '../text/elements';
import { areSame } from './estimate';
import { heads, row } from './controls';
import { bytes, change, points, share, short, unitOf } from './figures';
import { costOf, frontOf, pointsOf, worthOf } from './front';
import { frontPlot } from './front-plot';
import type { LensState } from './lens-state';
import type { Cost } from './lens-traits';
import { FULL_BITS } from './lens-traits';

/** Layers whose settings are written below the name of a try. */
const MOST_LAYERS = 3;

/** All tries: their picture with the front, and their figures. */
export function triesPanel(
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement[] {
  const bar = make('div', 'pw-Text-bar');
  bar.append(
    make('strong', '', trans.__('Tries')),
    costChoice(state, trans, signal)
  );
  const columns = make('div', 'pw-CompressionLens-columns');
  columns.append(plotOf(state, trans, signal), table(state, trans, signal));
  return [bar, columns];
}

function costChoice(
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const costs = choice(
    trans.__('against'),
    [
      ['size', trans.__('size')],
      ['latency', trans.__('latency')]
    ],
    state.get('cost')
  );
  costs.select.dataset.key = 'cost';
  costs.select.addEventListener(
    'change',
    () => {
      state.set({ cost: costs.select.value as Cost });
    },
    { signal }
  );
  return costs.label;
}

function plotOf(
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const { hasTruth, tries, worth } = state;
  const cost = state.get('cost');
  const points = pointsOf(tries, cost, hasTruth);
  const figure = make('figure', 'pw-CompressionLens-figure');
  if (points.length === 0) {
    const text =
      cost === 'latency'
        ? trans.__('No try has a latency.')
        : trans.__('It is not known what the tries lose.');
    figure.append(make('p', 'pw-Text-note', text));
    return figure;
  }
  const size = Math.max(...tries.map(each => each.size_bytes));
  const [name, unit] = cost === 'size' ? unitOf(size) : ['ms', 1];
  const scaled = points.map(each => ({ ...each, cost: each.cost / unit }));
  const front = frontOf(scaled);
  const isShown =
    cost === 'size' && worth !== null && state.sameTry === undefined;
  const svg = frontPlot({
    points: scaled,
    front,
    pinned: state.pinned.name,
    now: isShown
      ? { cost: state.estimate.size_bytes / unit, worth }
      : undefined,
    texts: {
      label: trans.__(
        'Tries; on the front are %1',
        front.map(each => each.entry.name).join(trans.__(', '))
      ),
      x: cost === 'size' ? trans.__('size, %1', name) : trans.__('latency, ms'),
      y: hasTruth ? trans.__('accuracy') : trans.__('same decisions'),
      now: trans.__('now')
    },
    signal,
    onChoose: ({ entry }) => {
      state.use(entry.settings);
    }
  });
  const caption = make(
    'figcaption',
    'pw-Text-note',
    trans.__(
      'Filled: measured. Hollow: estimated. Diamond: the settings now. Ring: the baseline. Line: the front, of which no other try is better in one respect and as good in the other.'
    )
  );
  figure.append(svg, caption);
  if (cost === 'latency' && points.length < tries.length) {
    figure.append(
      make(
        'p',
        'pw-Text-note',
        trans.__(
          'Not shown, since a latency is only known where it was measured: %1 of %2 tries.',
          tries.length - points.length,
          tries.length
        )
      )
    );
  }
  return figure;
}

function table(
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const { hasTruth, pinned } = state;
  const front = frontOf(pointsOf(state.tries, state.get('cost'), hasTruth));
  const onFront = new Set(front.map(each => each.entry.name));
  const element = make('table', 'pw-CompressionLens-table');
  element.append(
    heads([
      trans.__('try'),
      trans.__('size'),
      trans.__('ms'),
      hasTruth ? trans.__('accuracy') : trans.__('same decisions'),
      trans.__('changed'),
      trans.__('front'),
      trans.__('baseline')
    ])
  );
  const body = make('tbody');
  for (const entry of state.tries) {
    const line = row([
      settingsButton(entry, state, trans, signal),
      compared(bytes(entry.size_bytes), entry, pinned, 'size'),
      entry.latency_ms === null
        ? '–'
        : compared(short(entry.latency_ms), entry, pinned, 'latency'),
      worthText(entry, state),
      String(entry.changed_decisions ?? '–'),
      onFront.has(entry.name) ? '✓' : '',
      pinButton(entry, state, trans, signal)
    ]);
    line.classList.toggle('pw-mod-baseline', entry.name === pinned.name);
    body.append(line);
  }
  element.append(body);
  const scroll = make('div', 'pw-Text-scroll');
  scroll.dataset.scroll = 'tries';
  scroll.append(element);
  return scroll;
}

/** A figure, and below it its interval and how much more or less it is than the baseline's. */
function compared(
  text: string,
  entry: CompressionTry,
  pinned: CompressionTry,
  cost: Cost
): HTMLElement {
  const cell = make('span', '', text);
  const { latency_low_ms: low, latency_high_ms: high } = entry;
  const facts: string[] = [];
  if (cost === 'latency' && low !== null && high !== null) {
    facts.push(`${short(low)}–${short(high)}`);
  }
  const [own, before] = [costOf(entry, cost), costOf(pinned, cost)];
  if (own !== null && before && entry.name !== pinned.name) {
    facts.push(change(own, before));
  }
  cell.append(
    ...facts.map(text => make('div', 'pw-CompressionLens-facts', text))
  );
  return cell;
}

function worthText(entry: CompressionTry, state: LensState): HTMLElement {
  const { hasTruth, pinned } = state;
  const own = worthOf(entry, hasTruth);
  const before = worthOf(pinned, hasTruth);
  const cell = make('span', '', own === null ? '–' : share(own));
  if (own !== null && before !== null && entry.name !== pinned.name) {
    cell.append(make('div', 'pw-CompressionLens-facts', points(own - before)));
  }
  return cell;
}

/** What takes over the settings of a try. */
function settingsButton(
  entry: CompressionTry,
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const wrapper = make('div');
  const isUsed = areSame(entry.settings, state.settings);
  const sign = entry.is_measured ? '●' : '○';
  const use = make(
    'button',
    'pw-CompressionLens-layer',
    `${sign} ${entry.name}`
  );
  use.type = 'button';
  use.dataset.key = `use ${entry.name}`;
  use.title = trans.__('Use these settings');
  use.setAttribute('aria-pressed', String(isUsed));
  use.setAttribute(
    'aria-label',
    entry.is_measured
      ? trans.__('%1, measured', entry.name)
      : trans.__('%1, estimated', entry.name)
  );
  use.addEventListener(
    'click',
    () => {
      state.use(entry.settings);
    },
    { signal }
  );
  const settings = settingsText(entry, trans);
  wrapper.append(use, make('div', 'pw-CompressionLens-facts', settings));
  return wrapper;
}

/** The settings of a try, of some layers if there are many. */
function settingsText(
  { settings }: CompressionTry,
  trans: ITranslation
): string {
  const layers = Object.entries(settings).map(([name, { bits, kept }]) => {
    const parts = [
      bits === FULL_BITS ? '' : trans.__('%1 bits', bits),
      kept === null ? '' : trans.__('%1 channels', kept)
    ];
    return `${name}: ${parts.filter(Boolean).join(' ')}`;
  });
  const more = layers.length - MOST_LAYERS;
  return [
    ...layers.slice(0, MOST_LAYERS),
    ...(more > 0 ? [trans.__('%1 more layers', more)] : [])
  ].join(trans.__(', '));
}

function pinButton(
  entry: CompressionTry,
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const isPinned = entry.name === state.pinned.name;
  const pin = make('button', 'pw-Text-button', isPinned ? '◆' : '◇');
  pin.type = 'button';
  pin.dataset.key = `pin ${entry.name}`;
  pin.setAttribute('aria-pressed', String(isPinned));
  pin.setAttribute('aria-label', trans.__('Compare with %1', entry.name));
  pin.title = trans.__('Compare with %1', entry.name);
  pin.addEventListener(
    'click',
    () => {
      state.set({ baseline: entry.name });
    },
    { signal }
  );
  return pin;
}
