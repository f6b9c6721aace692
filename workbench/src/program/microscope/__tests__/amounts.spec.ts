import { amount, opCount } from '../amounts';

const trans = { __: (text: string): string => text };

describe('amounts', () => {
  it('have three digits and a prefix', () => {
    expect(amount(2148, 'FLOP')).toBe('2.15 kFLOP');
    expect(amount(41_000_000, 'B')).toBe('41 MB');
    expect(amount(7, 'B')).toBe('7 B');
  });

  it('count one op as one', () => {
    expect(opCount(1, trans)).toBe('1 op');
    expect(opCount(2, trans)).toBe('%1 ops');
  });
});
