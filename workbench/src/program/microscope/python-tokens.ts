import { highlightCode, tagHighlighter, tags } from '@lezer/highlight';
import { parser } from '@lezer/python';

export type TokenKind = 'keyword' | 'string' | 'comment' | 'number' | 'plain';

export interface IToken {
  readonly kind: TokenKind;
  readonly text: string;
}

/** The class names are token kinds. */
const HIGHLIGHTER = tagHighlighter([
  { tag: [tags.keyword, tags.bool, tags.null], class: 'keyword' },
  { tag: [tags.string, tags.escape], class: 'string' },
  { tag: tags.comment, class: 'comment' },
  { tag: tags.number, class: 'number' }
]);

/** Split Python code into lines, and each line into tokens. */
export function pythonLines(code: string): IToken[][] {
  let line: IToken[] = [];
  const lines = [line];
  highlightCode(
    code,
    parser.parse(code),
    HIGHLIGHTER,
    (text, name) => {
      const kind = (name || 'plain') as TokenKind;
      const last = line.at(-1);
      if (last?.kind === kind) {
        line[line.length - 1] = { kind, text: last.text + text };
      } else {
        line.push({ kind, text });
      }
    },
    () => {
      lines.push((line = []));
    }
  );
  return lines;
}
