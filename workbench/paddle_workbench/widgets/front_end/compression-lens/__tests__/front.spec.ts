import type { IPoint } from '../front';
import { frontOf, pointsOf } from '../front';
import { tried } from './small-report';

function names(points: readonly IPoint[]): string[] {
  return points.map(each => each.entry.name);
}

const TRIES = [
  tried('whole', { latency_ms: 4 }),
  tried('same', { latency_ms: 5 }),
  tried('worse', { size_bytes: 900, accuracy: 0.7, latency_ms: 3 }),
  tried('better', { size_bytes: 500, accuracy: 0.8, latency_ms: null }),
  tried('unknown', { size_bytes: 10, accuracy: null, latency_ms: 1 })
];

describe('the front', () => {
  it('has what no other try beats, the cheapest first', () => {
    expect(names(frontOf(pointsOf(TRIES, 'size', true)))).toEqual([
      'better',
      'whole'
    ]);
    expect(names(frontOf(pointsOf(TRIES, 'latency', true)))).toEqual([
      'worse',
      'whole'
    ]);
  });

  it('is that of unchanged decisions without a truth', () => {
    const tries = [0, 4, 4].map((changed, at) =>
      tried(String(at), { size_bytes: 3 - at, changed_decisions: changed })
    );
    const points = pointsOf(tries, 'size', false);
    expect(points.map(each => each.worth)).toEqual([1, 0.92, 0.92]);
    expect(names(frontOf(points))).toEqual(['2', '0']);
  });

  it('is empty if nothing is known', () => {
    expect(
      frontOf(pointsOf([tried('x', { accuracy: null })], 'size', true))
    ).toEqual([]);
  });
});
