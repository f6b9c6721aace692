import type {
  IntegerGrid,
  LayerPrecision,
  LayerReport
} from '../../../../src/contract/compression';
import { precisionOf, settingOf } from './estimate';
import type { Settings } from './lens-traits';

/** The columns by which layers are sorted. */
export const COLUMNS = [
  'layer',
  'weights',
  'activations',
  'snr',
  'saturated',
  'loss',
  'size',
  'bits',
  'channels'
] as const;

export type Column = (typeof COLUMNS)[number];

/** What is shown, and in which order. */
export interface IRowsView {
  readonly filter: string;
  /** A column, or empty for the order of the network. */
  readonly sortBy: string;
  readonly descending: boolean;
  /** The number of bits that the figures belong to. */
  readonly bits: number;
  readonly hasTruth: boolean;
  readonly settings: Settings;
  readonly sizes: ReadonlyMap<string, number>;
}

export function isColumn(name: string): name is Column {
  return COLUMNS.some(column => column === name);
}

/** What a choice loses: a share of the inputs, or without a truth the decisions that change. */
export function lossOf(
  choice:
    Pick<LayerPrecision, 'lost_accuracy' | 'changed_decisions'> | undefined,
  hasTruth: boolean
): number | null {
  return (hasTruth ? choice?.lost_accuracy : choice?.changed_decisions) ?? null;
}

/** The layers whose name, op or line has every word of the filter, in the order of the view. */
export function shownLayers(
  layers: readonly LayerReport[],
  view: IRowsView
): readonly LayerReport[] {
  const words = view.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = layers.filter(({ name, op, line }) => {
    const text = `${name} ${op} ${line}`.toLowerCase();
    return words.every(word => text.includes(word));
  });
  const { sortBy } = view;
  if (!isColumn(sortBy)) {
    return shown;
  }
  const direction = view.descending ? -1 : 1;
  return [...shown].sort((one, other) => {
    const [first, second] = [one, other].map(layer =>
      valueOf(layer, sortBy, view)
    );
    if (first === null || first === undefined) {
      return second === null || second === undefined ? 0 : 1;
    }
    if (second === null || second === undefined) {
      return -1;
    }
    return typeof first === 'number' && typeof second === 'number'
      ? direction * (first - second)
      : direction *
          String(first).localeCompare(String(second), undefined, {
            numeric: true
          });
  });
}

function valueOf(
  layer: LayerReport,
  column: Column,
  view: IRowsView
): string | number | null {
  const precision = precisionOf(layer, view.bits);
  const grids = [precision?.weights, precision?.activations].filter(
    (grid): grid is IntegerGrid => grid !== null && grid !== undefined
  );
  const setting = settingOf(view.settings, layer);
  switch (column) {
    case 'layer':
      return layer.name;
    case 'weights':
      return widthOf(layer.weights);
    case 'activations':
      return widthOf(layer.activations);
    case 'snr':
      return extreme(
        grids.map(grid => grid.snr_db),
        Math.min
      );
    case 'saturated':
      return extreme(
        grids.map(grid => grid.saturated),
        Math.max
      );
    case 'loss':
      return lossOf(precision, view.hasTruth);
    case 'size':
      return view.sizes.get(layer.name) ?? null;
    case 'bits':
      return setting.bits;
    case 'channels':
      return setting.kept ?? layer.channels;
  }
}

/** How far the values of a histogram are apart. */
function widthOf(histogram: LayerReport['weights']): number | null {
  const [first, last] = [histogram?.edges[0], histogram?.edges.at(-1)];
  return first === undefined || last === undefined ? null : last - first;
}

function extreme(
  values: readonly (number | null)[],
  choose: (...values: number[]) => number
): number | null {
  const known = values.filter(value => value !== null);
  return known.length > 0 ? choose(...known) : null;
}
