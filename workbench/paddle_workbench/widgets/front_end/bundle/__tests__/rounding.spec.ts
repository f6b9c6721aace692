import { roundHalfToEven } from '../rounding';

describe('rounding', () => {
  it('takes a tie to the even neighbour, below 0 too', () => {
    const ties = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5];
    expect(ties.map(roundHalfToEven)).toEqual([-2, -2, 0, 0, 2, 2, 4]);
  });

  it('takes others to the nearest', () => {
    const values = [-1.6, -0.4, 0.49, 0.51, 7];
    expect(values.map(each => roundHalfToEven(each) + 0)).toEqual([
      -2, 0, 0, 1, 7
    ]);
  });
});
