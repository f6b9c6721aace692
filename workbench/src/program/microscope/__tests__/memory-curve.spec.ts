import { nullTranslator } from '@jupyterlab/translation';
import { curve, peakText } from '../memory-curve';

const trans = nullTranslator.load('');

describe('the memory curve', () => {
  it('keeps the peak, however many moments share a column', () => {
    const live = new Float64Array(5_000).fill(1);
    live[3_333] = 100;
    expect(curve(live, 100)).toContain(' 2.0');
  });

  it('does not count values of unknown size as nothing', () => {
    const plan = { peak_bytes: 57, unknown: 12 };
    expect(peakText(plan, trans)).toBe(
      'Peak memory at least 57 B; values of unknown size: 12'
    );
    expect(peakText({ ...plan, unknown: 0 }, trans)).toBe('Peak memory 57 B');
  });
});
