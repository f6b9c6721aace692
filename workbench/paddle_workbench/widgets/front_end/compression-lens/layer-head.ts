import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import type { Column } from './layer-rows';
import { COLUMNS } from './layer-rows';
import type { LensState } from './lens-state';

/** The names of the columns; a click sorts by one: up, down, and as it was. */
export function layerHead(
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const [sortBy, isDescending] = [
    state.get('sort_by'),
    state.get('descending')
  ];
  const line = make('tr');
  for (const column of COLUMNS) {
    const isSorted = sortBy === column;
    const cell = make('th', `pw-mod-${column}`);
    cell.scope = 'col';
    cell.setAttribute(
      'aria-sort',
      isSorted ? (isDescending ? 'descending' : 'ascending') : 'none'
    );
    const [name, title] = columnTexts(column, state.get('figures_bits'), trans);
    const sign = isSorted ? (isDescending ? ' ▾' : ' ▴') : '';
    const sort = make('button', 'pw-CompressionLens-sort', `${name}${sign}`);
    sort.type = 'button';
    sort.title = title;
    sort.dataset.key = `sort ${column}`;
    sort.addEventListener(
      'click',
      () => {
        state.set({
          sort_by: isSorted && isDescending ? '' : column,
          descending: isSorted && !isDescending
        });
      },
      { signal }
    );
    cell.append(sort);
    line.append(cell);
  }
  const element = make('thead');
  element.append(line);
  return element;
}

/** The name of a column, and what it means. */
function columnTexts(
  column: Column,
  bits: number,
  trans: ITranslation
): readonly [string, string] {
  switch (column) {
    case 'layer':
      return [
        trans.__('layer'),
        trans.__('Name, op, shape of the weights, line')
      ];
    case 'weights':
      return [
        trans.__('weights'),
        trans.__('Histogram, logarithmic; scale with %1 bits', bits)
      ];
    case 'activations':
      return [
        trans.__('activations'),
        trans.__(
          'Histogram of what the layer takes, logarithmic; shaded: beyond the range with %1 bits',
          bits
        )
      ];
    case 'snr':
      return [
        trans.__('SNR, dB'),
        trans.__(
          'Signal to quantisation noise with %1 bits: weights, activations',
          bits
        )
      ];
    case 'saturated':
      return [
        trans.__('saturated'),
        trans.__(
          'Share of the values beyond the range with %1 bits: weights, activations',
          bits
        )
      ];
    case 'loss':
      return [
        trans.__('sensitivity'),
        trans.__(
          'Accuracy in points, or decisions, if only this layer has %1 bits',
          bits
        )
      ];
    case 'size':
      return [trans.__('size'), trans.__('Size with the settings')];
    case 'bits':
      return [trans.__('bits'), trans.__('Bits of the settings')];
    case 'channels':
      return [trans.__('channels'), trans.__('Channels that are kept')];
  }
}
