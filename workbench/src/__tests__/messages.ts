import * as ts from 'typescript';

/** Between the context and the message in a key, as gettext has it. */
export const DELIMITER = '\u0004';

/** The position of the message among the arguments, and of its context. */
const METHODS: Record<string, { message: number; context?: number }> = {
  __: { message: 0 },
  _p: { message: 1, context: 0 }
};

/** The messages that a source file asks a translation for. */
export function messagesIn(path: string, text: string): string[] {
  return messagesOf(
    ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  );
}

/** The placeholders of a message, `%1` and so on. */
export function placeholders(text: string): string[] {
  return [...new Set(text.match(/%\d/g))].sort();
}

function messagesOf(node: ts.Node): string[] {
  const result: string[] = [];
  if (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression)
  ) {
    const method = METHODS[node.expression.name.text];
    const message = method && literal(node.arguments[method.message]);
    if (method && message !== null && message !== undefined) {
      const context =
        method.context === undefined
          ? null
          : literal(node.arguments[method.context]);
      result.push(context === null ? message : context + DELIMITER + message);
    }
  }
  node.forEachChild(child => {
    result.push(...messagesOf(child));
  });
  return result;
}

function literal(node: ts.Expression | undefined): string | null {
  return node && ts.isStringLiteralLike(node) ? node.text : null;
}
