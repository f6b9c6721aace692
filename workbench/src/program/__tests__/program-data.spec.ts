import { amount, opCount } from '../amounts';
import { curve } from '../memory-curve';
import { ProgramData } from '../program-data';
import { pythonTokens } from '../python-tokens';
import { Viewport } from '../viewport';
import { programBytes } from './example-program';

const trans = { __: (text: string): string => text };

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

describe('the memory curve', () => {
  it('keeps the peak, however many moments share a column', () => {
    const live = new Float64Array(5_000).fill(1);
    live[3_333] = 100;
    expect(curve(live, 100)).toContain(' 2.0');
  });
});

describe('Python tokens', () => {
  it('distinguish words, texts, numbers and comments, and lose nothing', () => {
    const line = '    if x == "a # b": return 3.5  # why';
    const tokens = pythonTokens(line);
    expect(tokens.map(token => token.text).join('')).toBe(line);
    const words = (kind: string): string[] =>
      tokens.filter(token => token.kind === kind).map(token => token.text);
    expect(words('keyword')).toEqual(['if', 'return']);
    expect(words('string')).toEqual(['"a # b"']);
    expect(words('number')).toEqual(['3.5']);
    expect(words('comment')).toEqual(['# why']);
  });
});

describe('the viewport', () => {
  it('keeps the point under the pointer when it zooms', () => {
    const view = new Viewport();
    view.width = 400;
    view.height = 300;
    view.fit(2000, 1000);
    const before = view.toScene(100, 50);
    view.zoom(2, 100, 50);
    const after = view.toScene(100, 50);
    expect(after[0]).toBeCloseTo(before[0]);
    expect(after[1]).toBeCloseTo(before[1]);
  });

  it('shows the top of a graph too tall to read as a whole', () => {
    const view = new Viewport();
    view.width = 400;
    view.height = 300;
    view.start(300, 50_000);
    expect(view.scale).toBeGreaterThan(0.3);
    expect(view.top).toBeLessThanOrEqual(0);
  });

  it('moves no more than it must to reveal something', () => {
    const view = new Viewport();
    view.width = 400;
    view.height = 300;
    view.reveal({ x: 100, y: 100, width: 50, height: 20 });
    expect([view.left, view.top]).toEqual([0, 0]);
    view.reveal({ x: 100, y: 1000, width: 50, height: 20 });
    expect(view.left).toBe(0);
    expect(view.top).toBe(1000 + 20 + 12 - 300);
  });
});
