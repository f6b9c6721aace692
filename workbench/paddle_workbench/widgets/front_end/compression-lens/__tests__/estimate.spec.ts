import { areSame, estimate, layerSizes, onlyChanged } from '../estimate';
import { BASELINE, LAYERS } from './small-report';

describe('the estimate', () => {
  it('sums sizes, and adds what layers lose', () => {
    const result = estimate(LAYERS, BASELINE, { a: { bits: 8, kept: 5 } });
    // Of 400 bytes of a, 50 are left, and 200 of 400 of b.
    expect(result.size_bytes).toBe(1000 - 350 - 200);
    expect(result.accuracy).toBeCloseTo(0.87);
    expect(result.changed_decisions).toBe(4);
  });

  it('is unknown where a part of it is', () => {
    const result = estimate(LAYERS, BASELINE, { b: { bits: 8, kept: null } });
    expect(result).toEqual({
      size_bytes: 700,
      accuracy: null,
      changed_decisions: null
    });
  });

  it('stays within what is possible', () => {
    const low = { ...BASELINE, accuracy: 0.2, decisions: 5 };
    const result = estimate(LAYERS, low, { a: { bits: 4, kept: 5 } });
    expect(result.accuracy).toBe(0);
    expect(result.changed_decisions).toBe(5);
  });

  it('has the size of each layer', () => {
    const sizes = layerSizes(LAYERS, { a: { bits: 8, kept: 5 } });
    expect([...sizes]).toEqual([
      ['a', 50],
      ['b', 200],
      ['norm', 400]
    ]);
  });
});

describe('settings', () => {
  it('are the same whether unchanged layers are named or not', () => {
    const named = { a: { bits: 8, kept: 10 }, b: { bits: 32, kept: null } };
    const short = onlyChanged(LAYERS, named);
    expect(short).toEqual({ a: { bits: 8, kept: null } });
    expect(areSame(short, { ...short, norm: { bits: 32, kept: null } })).toBe(
      true
    );
    expect(areSame(short, {})).toBe(false);
  });
});
