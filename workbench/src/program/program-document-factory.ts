import { ABCWidgetFactory, DocumentWidget } from '@jupyterlab/docregistry';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { ProgramPanel } from './program-panel';

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
