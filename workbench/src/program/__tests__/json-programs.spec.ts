import { isPirProgram } from '../json-programs';

describe('a JSON file', () => {
  it('is a program if it begins as one', () => {
    const program =
      '{"base_code":{"magic":"pir","trainable":true,"version":1},"program":{';
    expect(isPirProgram(program)).toBe(true);
    expect(isPirProgram('{\n  "base_code": {\n    "magic": "pir" } }')).toBe(
      true
    );
  });

  it.each([
    '{}',
    '[1, 2]',
    '{"name": "base_code", "magic": "pir"}',
    '{"base_code": {"magic": "other"}, "pir": "magic"}'
  ])('is none otherwise: %s', text => {
    expect(isPirProgram(text)).toBe(false);
  });
});
