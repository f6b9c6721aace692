import { anchorPlot, curvePlot, niceAbove } from '../plots';

const TEXTS = { label: 'What is seen', x: 'x', y: 'y' };

describe('niceAbove', () => {
  it.each([
    [1, 1],
    [1.2, 1.5],
    [51, 60],
    [95, 100],
    [130, 150],
    [0.7, 0.8]
  ])('of %d is %d', (value, nice) => {
    expect(niceAbove(value)).toBeCloseTo(nice);
  });
});

describe('anchorPlot', () => {
  it('draws boxes of one size once, and hollow if none covers them', () => {
    const svg = anchorPlot(
      [
        [10, 10, 0.9],
        [10, 10, 0.9],
        [10, 40, 0.2]
      ],
      [{ stride: 8, sizes: [[12, 10]] }],
      0.5,
      TEXTS
    );
    const count = (kind: string): number =>
      svg.querySelectorAll(`.pw-DetectionLens-${kind}`).length;
    expect([count('covered'), count('uncovered'), count('anchor')]).toEqual([
      1, 1, 1
    ]);
    expect(svg.getAttribute('aria-label')).toBe('What is seen');
  });

  it('draws anchors without boxes', () => {
    const anchors = [{ stride: 8, sizes: [[12, 10]] as const }];
    const svg = anchorPlot([], anchors, 0.5, TEXTS);
    expect(svg.querySelectorAll('circle')).toHaveLength(0);
  });
});

describe('curvePlot', () => {
  it('has a point only where there is a precision', () => {
    const curve = [{ threshold: 0.5, precision: 1, recall: 0.5 }];
    const pointed = curvePlot(curve, curve[0], TEXTS);
    expect(pointed.querySelectorAll('circle')).toHaveLength(1);
    const without = curvePlot(curve, undefined, TEXTS);
    expect(without.querySelectorAll('circle')).toHaveLength(0);
    expect(without.querySelector('polyline')?.getAttribute('points')).not.toBe(
      ''
    );
  });
});
