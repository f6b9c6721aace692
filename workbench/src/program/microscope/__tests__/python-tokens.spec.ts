import { pythonTokens } from '../python-tokens';

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
