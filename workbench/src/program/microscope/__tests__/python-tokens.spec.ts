import type { TokenKind } from '../python-tokens';
import { pythonLines } from '../python-tokens';

const METHOD = `    def forward(self, x: "Tensor"):
        """Return x if it is not
        None."""
        if x == "a # b\\n":  # why
            return x * 3.5`;

function words(code: string, kind: TokenKind): string[] {
  return pythonLines(code)
    .flat()
    .filter(token => token.kind === kind)
    .map(token => token.text.trim());
}

describe('lines of Python', () => {
  it('contain the whole text', () => {
    const text = pythonLines(METHOD)
      .map(line => line.map(token => token.text).join(''))
      .join('\n');
    expect(text).toBe(METHOD);
  });

  it('distinguish keywords, numbers and comments', () => {
    expect(words(METHOD, 'keyword')).toEqual(['def', 'if', 'return']);
    expect(words(METHOD, 'number')).toEqual(['3.5']);
    expect(words(METHOD, 'comment')).toEqual(['# why']);
  });

  it('have strings as a whole, over several lines and with escapes', () => {
    expect(words(METHOD, 'string')).toEqual([
      '"Tensor"',
      '"""Return x if it is not',
      'None."""',
      '"a # b\\n"'
    ]);
  });

  it('keep code in an f-string apart from its text', () => {
    expect(words('f"{x if y else 1}"', 'keyword')).toEqual(['if', 'else']);
  });
});
