import { countNames } from '../change-list';

describe('the names in a change', () => {
  it('are counted', () => {
    expect(countNames(['add', 'matmul', 'matmul'])).toEqual([
      'add',
      '2 matmul'
    ]);
  });
});
