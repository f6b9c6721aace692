import type {
  IDocumentManager,
  IDocumentWidgetOpener
} from '@jupyterlab/docmanager';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import type { CommandRegistry } from '@lumino/commands';
import { FACTORY } from './tokens';

const JSON_FACTORY = 'JSON';
/** The start of a program in Paddle's new representation, with any white space. */
const BEGINNING = /^\s*\{\s*"base_code"\s*:\s*\{[^}]*"magic"\s*:\s*"pir"/;
const BEGINNING_LENGTH = 400;

/** Whether a text is a program, saved by `paddle.jit.save`. */
export function isPirProgram(text: string): boolean {
  return BEGINNING.test(text.slice(0, BEGINNING_LENGTH));
}

/**
 * Opens a `.json` file that turns out to be a program as a program. Other files stay in
 * JupyterLab's viewer, and so does a program that was deliberately opened in it.
 */
export class JsonPrograms {
  constructor(
    private readonly _documents: IDocumentManager,
    opener: IDocumentWidgetOpener,
    commands: CommandRegistry
  ) {
    commands.commandExecuted.connect((_, { args }) => {
      if (args.factory === JSON_FACTORY) {
        this._isAskedFor = true;
        setTimeout(() => {
          this._isAskedFor = false;
        });
      }
    });
    opener.opened.connect((_, widget) => {
      if (!this._isAskedFor) {
        void this._look(widget);
      }
    });
  }

  private async _look(widget: IDocumentWidget): Promise<void> {
    const context = this._documents.contextForWidget(widget);
    const isJson =
      context?.path.endsWith('.json') &&
      this._documents.findWidget(context.path, JSON_FACTORY) === widget;
    if (!context || !isJson) {
      return;
    }
    await context.ready;
    if (isPirProgram(context.model.toString()) && !widget.isDisposed) {
      const { path } = context;
      widget.close();
      this._documents.openOrReveal(path, FACTORY);
    }
  }

  private _isAskedFor = false;
}
