import { WidgetTranslation } from '../../base/translation';
import { layerHead } from '../layer-head';
import { LensState } from '../lens-state';
import { BASELINE, LAYERS } from './small-report';

const trans = new WidgetTranslation('en', {});

/** Return a lens with these traits, and a function that draws its head and returns a column. */
function lens(): {
  readonly traits: Record<string, unknown>;
  column(name: string): HTMLElement | null;
} {
  const traits: Record<string, unknown> = {
    layers: LAYERS,
    tries: [BASELINE],
    settings: {},
    figures_bits: 4,
    sort_by: '',
    descending: false
  };
  const model = {
    get: (name: string) => traits[name],
    set: (name: string, value: unknown) => {
      traits[name] = value;
    },
    save_changes: jest.fn()
  };
  const state = new LensState(model as never);
  const { signal } = new AbortController();
  return {
    traits,
    column: name =>
      layerHead(state, trans, signal).querySelector<HTMLElement>(
        `.pw-mod-${name}`
      )
  };
}

describe('the head of the layers', () => {
  it('sorts by a column up, down, and as it was', () => {
    const { traits, column } = lens();
    const seen = [0, 1, 2, 3].map(() => {
      const cell = column('size');
      cell?.querySelector('button')?.click();
      return [cell?.getAttribute('aria-sort'), cell?.textContent];
    });
    expect(seen).toEqual([
      ['none', 'size'],
      ['ascending', 'size ▴'],
      ['descending', 'size ▾'],
      ['none', 'size']
    ]);
    expect(traits).toMatchObject({ sort_by: 'size', descending: false });
    expect(column('bits')?.getAttribute('aria-sort')).toBe('none');
  });

  it('says which number of bits a column is for', () => {
    const { column } = lens();
    expect(column('snr')?.querySelector('button')?.title).toBe(
      'Signal to quantisation noise with 4 bits: weights, activations'
    );
  });
});
