import type {
  CompressionTry,
  LayerPrecision,
  LayerPruning,
  LayerReport,
  LayerSettings
} from '../../../../src/contract/compression';
import { roundHalfToEven } from '../bundle/rounding';
import type { Settings } from './lens-traits';
import { FULL_BITS } from './lens-traits';

const UNCHANGED: LayerSettings = { bits: FULL_BITS, kept: null };

/** What settings cost together, if layers did not affect each other; null where it is not known. */
export interface IEstimate {
  readonly size_bytes: number;
  readonly accuracy: number | null;
  readonly changed_decisions: number | null;
}

/** What a choice for one layer costs alone. */
type Loss = Pick<LayerPrecision, 'lost_accuracy' | 'changed_decisions'>;

export function settingOf(
  settings: Settings,
  { name }: LayerReport
): LayerSettings {
  return settings[name] ?? UNCHANGED;
}

export function precisionOf(
  layer: LayerReport,
  bits: number
): LayerPrecision | undefined {
  return layer.precisions.find(each => each.bits === bits);
}

function pruningOf(
  layer: LayerReport,
  kept: number | null
): LayerPruning | undefined {
  return layer.prunings.find(each => each.kept === kept);
}

/** Leave out layers that are unchanged; the others in the order of the layers. */
export function onlyChanged(
  layers: readonly LayerReport[],
  settings: Settings
): Settings {
  const changed = layers.flatMap((layer): [string, LayerSettings][] => {
    const { bits, kept } = settingOf(settings, layer);
    const less = kept === layer.channels ? null : kept;
    return bits === FULL_BITS && less === null
      ? []
      : [[layer.name, { bits, kept: less }]];
  });
  return Object.fromEntries(changed);
}

export function areSame(one: Settings, other: Settings): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every(name => {
    const [first, second] = [one[name] ?? UNCHANGED, other[name] ?? UNCHANGED];
    return first.bits === second.bits && first.kept === second.kept;
  });
}

/** The bytes of each layer, less what goes with the channels of others. */
export function layerSizes(
  layers: readonly LayerReport[],
  settings: Settings
): ReadonlyMap<string, number> {
  const left = new Map(layers.map(({ name }) => [name, 1]));
  for (const layer of layers) {
    const pruning = pruningOf(layer, settingOf(settings, layer).kept);
    for (const [name, share] of Object.entries(pruning?.removed ?? {})) {
      left.set(name, (left.get(name) ?? 1) * (1 - share));
    }
  }
  return new Map(
    layers.map(layer => {
      const { bits } = settingOf(settings, layer);
      const bytes = precisionOf(layer, bits)?.size_bytes ?? 0;
      return [layer.name, bytes * (left.get(layer.name) ?? 1)];
    })
  );
}

/** As `compression.estimates.estimate`: sizes are summed, and losses of single layers added up. */
export function estimate(
  layers: readonly LayerReport[],
  baseline: CompressionTry,
  settings: Settings
): IEstimate {
  const sizes = layerSizes(layers, settings);
  const losses: Loss[] = [];
  let size = baseline.size_bytes;
  for (const layer of layers) {
    const { bits, kept } = settingOf(settings, layer);
    const precision = precisionOf(layer, bits);
    if (precision !== undefined && bits !== FULL_BITS) {
      losses.push(precision);
    }
    const pruning = pruningOf(layer, kept);
    if (pruning !== undefined) {
      losses.push(pruning);
    }
    const before = precisionOf(layer, FULL_BITS)?.size_bytes ?? 0;
    size += (sizes.get(layer.name) ?? 0) - before;
  }
  const lost = sum(losses.map(each => each.lost_accuracy));
  const changed = sum(losses.map(each => each.changed_decisions));
  const { accuracy, decisions } = baseline;
  return {
    size_bytes: Math.max(0, roundHalfToEven(size)),
    accuracy:
      accuracy === null || lost === null
        ? null
        : Math.min(1, Math.max(0, accuracy - lost)),
    changed_decisions:
      changed === null ? null : Math.min(changed, decisions ?? Infinity)
  };
}

/** The sum, or null if one is not known. */
function sum(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (total, value) => (total === null || value === null ? null : total + value),
    0
  );
}
