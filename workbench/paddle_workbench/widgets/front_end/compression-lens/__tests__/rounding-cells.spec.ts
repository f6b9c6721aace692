import { countsByLevel, levelsOf, nearest, rangeOf } from '../rounding-cells';
import { gridOf } from './small-report';

const LEVELS = levelsOf(gridOf(0.5, 2));

describe('the levels of a grid', () => {
  it('are those of the largest scale, if channels have their own', () => {
    const grid = {
      ...gridOf(0.5, 8),
      scales: [0.1, 0.3, 0.2] as [number, ...number[]],
      zero_points: [0, 7, 0] as [number, ...number[]]
    };
    expect(levelsOf(grid)).toEqual({
      scale: 0.3,
      zeroPoint: 7,
      lowest: -128,
      highest: 127
    });
  });

  it('end where saturation begins', () => {
    expect(rangeOf(LEVELS)).toEqual([-1, 0.5]);
    expect(nearest(0.2, LEVELS)).toBe(0);
    expect(nearest(-7, LEVELS)).toBe(-1);
    expect(nearest(7, LEVELS)).toBe(0.5);
  });

  it('round ties to even, as ONNX does', () => {
    expect([0.25, -0.25, -0.75].map(each => nearest(each, LEVELS))).toEqual([
      0, 0, -1
    ]);
  });

  it('take the values around them, and the ends all beyond', () => {
    const histogram = {
      edges: [-3, -1, 0, 0.25, 2] as [number, number, ...number[]],
      counts: [8, 4, 2, 7]
    };
    const counts = countsByLevel(histogram, LEVELS);
    // From −1 to −0.75 lies a quarter of 4.
    expect(Object.fromEntries(counts)).toEqual({
      '-2': 9,
      '-1': 2,
      0: 3,
      1: 7
    });
  });
});
