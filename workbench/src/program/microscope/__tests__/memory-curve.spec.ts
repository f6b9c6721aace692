import { curve } from '../memory-curve';

describe('the memory curve', () => {
  it('keeps the peak, however many moments share a column', () => {
    const live = new Float64Array(5_000).fill(1);
    live[3_333] = 100;
    expect(curve(live, 100)).toContain(' 2.0');
  });
});
