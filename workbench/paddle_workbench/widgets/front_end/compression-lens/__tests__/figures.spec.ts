import { bytes, change, points, share, short } from '../figures';
import { ticks } from '../svg';

describe('figures', () => {
  it('are short', () => {
    expect([0, 1234.5, 0.012345, -0.5, 1e-7].map(short)).toEqual([
      '0',
      '1230',
      '0.0123',
      '−0.5',
      '1e−7'
    ]);
    expect([0, 1000, 1536, 5e6].map(bytes)).toEqual([
      '0 B',
      '1000 B',
      '1.5 KiB',
      '4.77 MiB'
    ]);
    expect([0, 0.00004, 0.0005, 0.5].map(share)).toEqual([
      '0 %',
      '< 0.01 %',
      '0.05 %',
      '50.0 %'
    ]);
  });

  it('have a sign where they are a change', () => {
    expect([0.013, -0.2, 0].map(points)).toEqual(['+1.3', '−20.0', '±0.0']);
    expect([change(25, 100), change(2, 1), change(1, 1)]).toEqual([
      '−75 %',
      '+100 %',
      '±0 %'
    ]);
  });

  it('are round on axes', () => {
    expect(ticks(-1.02, 1.02, 4)).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect(ticks(0, 5.4, 5)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
