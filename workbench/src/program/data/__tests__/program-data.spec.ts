import { ProgramData } from '../program-data';
import { programBytes } from './example-program';

describe('the columns of a program', () => {
  it('are read wherever they start in their buffer', () => {
    const bytes = programBytes([
      {
        name: '',
        ops: [
          {
            id: 7,
            name: 'pd_op.add',
            line: 3,
            certain: false,
            attributes: { axis: '-1' },
            inputs: [1, 2],
            outputs: [3]
          }
        ]
      }
    ]);
    const shifted = new Uint8Array(bytes.byteLength + 3);
    shifted.set(new Uint8Array(bytes.buffer), 3);
    const data = new ProgramData(new DataView(shifted.buffer, 3));
    expect(data.opKind(0)).toBe('add');
    expect(data.line(0)).toEqual(['net.py', 3]);
    expect(data.isLineCertain(0)).toBe(false);
    expect(data.attributes(0)).toEqual([['axis', '-1']]);
    expect(data.inputsOf(0).map(value => value?.id)).toEqual([1, 2]);
    expect(data.outputsOf(0)[0]?.shape).toBe('2×3');
  });

  it('are refused if they are something else', () => {
    const other = new TextEncoder().encode('{"base_code": {}}');
    expect(() => new ProgramData(new DataView(other.buffer))).toThrow(
      'These bytes are not a program.'
    );
    expect(() => new ProgramData(new DataView(new ArrayBuffer(2)))).toThrow();
  });
});
