import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { CommandRegistry } from '@lumino/commands';

const GO_TO_LINE = 'fileeditor:go-to-line';

interface IOpenLineOptions {
  readonly commands: CommandRegistry;
  readonly documents: IDocumentManager;
  /** Counted from 1. */
  readonly line: number;
  /** The path of a text file for the contents API. */
  readonly path: string;
}

/** Show a line of a file in the text editor. */
export async function openLine(options: IOpenLineOptions): Promise<void> {
  const { commands, documents, line, path } = options;
  const widget = documents.openOrReveal(path, 'Editor');
  await widget?.revealed;
  if (commands.hasCommand(GO_TO_LINE)) {
    await commands.execute(GO_TO_LINE, { line });
  }
}
