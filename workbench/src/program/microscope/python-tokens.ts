export type TokenKind = 'keyword' | 'string' | 'comment' | 'number' | 'plain';

export interface IToken {
  readonly kind: TokenKind;
  readonly text: string;
}

const KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else ' +
    'except finally for from global if import in is lambda nonlocal not or pass raise ' +
    'return try while with yield'
  ).split(' ')
);
const PATTERN =
  /(#.*)|("""|'''|[rbfuRBFU]{0,2}"(?:[^"\\]|\\.)*"?|[rbfuRBFU]{0,2}'(?:[^'\\]|\\.)*'?)|(\b\d[\w.]*)|([A-Za-z_]\w*)/g;

/** Split a line of Python into what is coloured alike; text that spans lines stays plain. */
export function pythonTokens(line: string): IToken[] {
  const found: IToken[] = [];
  let end = 0;
  const put = (kind: TokenKind, text: string): void => {
    const last = found[found.length - 1];
    if (last?.kind === kind) {
      found[found.length - 1] = { kind, text: last.text + text };
    } else if (text !== '') {
      found.push({ kind, text });
    }
  };
  for (const match of line.matchAll(PATTERN)) {
    put('plain', line.slice(end, match.index));
    end = match.index + match[0].length;
    const [text, comment, string, number] = match;
    if (comment !== undefined) {
      put('comment', text);
    } else if (string !== undefined) {
      put('string', text);
    } else if (number !== undefined) {
      put('number', text);
    } else {
      put(KEYWORDS.has(text) ? 'keyword' : 'plain', text);
    }
  }
  put('plain', line.slice(end));
  return found;
}
