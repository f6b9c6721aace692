import {
  ABCWidgetFactory,
  DocumentWidget,
  TextModelFactory
} from '@jupyterlab/docregistry';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import { ProgramPanel } from './program-panel';

/** The name of documents of which the browser fetches nothing. */
export const UNREAD = 'paddle-workbench:unread';

/**
 * A document of which the browser fetches nothing: the server reads it.
 */
export class UnreadModelFactory extends TextModelFactory {
  override get name(): string {
    return UNREAD;
  }

  override get fileFormat(): Contents.FileFormat {
    return null;
  }
}

/**
 * Opens saved programs in tabs.
 */
export class ProgramDocumentFactory extends ABCWidgetFactory<
  DocumentWidget<ProgramPanel>
> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions<
      DocumentWidget<ProgramPanel>
    >,
    private readonly _panel: Omit<ProgramPanel.IOptions, 'path'>
  ) {
    super(options);
  }

  protected override createNewWidget(
    context: DocumentRegistry.Context
  ): DocumentWidget<ProgramPanel> {
    const content = new ProgramPanel({ ...this._panel, path: context.path });
    context.fileChanged.connect(() => {
      void content.load();
    }, content);
    return new DocumentWidget<ProgramPanel>({ content, context });
  }
}
