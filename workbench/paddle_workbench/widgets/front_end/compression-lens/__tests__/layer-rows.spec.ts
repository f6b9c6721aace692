import type { IRowsView } from '../layer-rows';
import { shownLayers } from '../layer-rows';
import { layerSizes } from '../estimate';
import { LAYERS } from './small-report';

const VIEW: IRowsView = {
  filter: '',
  sortBy: '',
  descending: false,
  bits: 8,
  hasTruth: true,
  settings: { b: { bits: 8, kept: null } },
  sizes: layerSizes(LAYERS, { b: { bits: 8, kept: null } })
};

function names(view: Partial<IRowsView>): string {
  return shownLayers(LAYERS, { ...VIEW, ...view })
    .map(each => each.name)
    .join(' ');
}

describe('the rows', () => {
  it('are in the order of the network, or sorted, with gaps last', () => {
    expect(names({})).toBe('a b norm');
    expect(names({ sortBy: 'layer', descending: true })).toBe('norm b a');
    expect(names({ sortBy: 'size' })).toBe('b a norm');
    expect(names({ sortBy: 'bits' })).toBe('b a norm');
    expect(names({ sortBy: 'loss', descending: true })).toBe('a b norm');
    expect(names({ sortBy: 'channels', descending: true })).toBe('a b norm');
    expect(names({ sortBy: 'snr' })).toBe('a b norm');
    expect(names({ sortBy: 'nothing' })).toBe('a b norm');
  });

  it('have every word of the filter', () => {
    expect(names({ filter: 'CONV' })).toBe('b');
    expect(names({ filter: ' net.py  norm ' })).toBe('norm');
    expect(names({ filter: 'nothing' })).toBe('');
  });
});
