import { compare } from '../difference';
import { tensorOf } from '../tensor';
import type { ITensor } from '../tensor';

function floats(...values: number[]): ITensor {
  return tensorOf('float32', [values.length], Float32Array.from(values));
}

function sizeOf(result: ITensor, expected: ITensor): number {
  return compare([result], [expected], ['float32'], 1e-3).size;
}

describe('the difference of two outputs', () => {
  it('is relative to the largest expected value', () => {
    expect(sizeOf(floats(1, 8.5), floats(1, 8))).toBe(0.5 / 8);
    expect(sizeOf(floats(0.25), floats(0))).toBe(0.25);
    expect(sizeOf(floats(), floats())).toBe(0);
  });

  it('is zero for the same NaN or infinity, and infinite for another', () => {
    expect(sizeOf(floats(NaN, -Infinity), floats(NaN, -Infinity))).toBe(0);
    expect(sizeOf(floats(NaN), floats(1))).toBe(Infinity);
    expect(sizeOf(floats(Infinity), floats(-Infinity))).toBe(Infinity);
  });

  it('is infinite for another shape or number of outputs', () => {
    expect(sizeOf(floats(1, 2), floats(1))).toBe(Infinity);
    expect(compare([], [floats(1)], ['float32'], 1).isEqual).toBe(false);
  });

  it('reads integers and half precision', () => {
    const ids = (...values: bigint[]): ITensor =>
      tensorOf('int64', [values.length], BigInt64Array.from(values));
    expect(sizeOf(ids(1n, 4n), ids(2n, 4n))).toBe(0.25);
    const halves = (...bits: number[]): ITensor =>
      tensorOf('float16', [bits.length], Uint16Array.from(bits));
    // 1, -2, the smallest number, infinity.
    const one = halves(0x3c00, 0xc000, 0x0001, 0x7c00);
    expect(sizeOf(one, floats(1, -2, 2 ** -24, Infinity))).toBe(0);
  });

  it('has a larger limit for half precision', () => {
    const outputs = [[floats(1.01)], [floats(1)]] as const;
    expect(compare(...outputs, ['float32'], 1e-3).isEqual).toBe(false);
    expect(compare(...outputs, ['float16'], 1e-3).isEqual).toBe(true);
  });
});
