import { ABCWidgetFactory, DocumentWidget } from '@jupyterlab/docregistry';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { DeskKernel } from './desk-kernel';
import { DeskPanel } from './desk-panel';

/**
 * Opens files on desks of one kind.
 */
export class DeskDocumentFactory extends ABCWidgetFactory<
  DocumentWidget<DeskPanel>
> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions<DocumentWidget<DeskPanel>>,
    private readonly _panel: Omit<DeskKernel.IOptions, 'path'>
  ) {
    super(options);
  }

  protected override createNewWidget(
    context: DocumentRegistry.Context
  ): DocumentWidget<DeskPanel> {
    // Otherwise JupyterLab might connect the document to the desk's kernel, and only the first of
    // several connections is notified of new widgets.
    const { sessionContext } = context;
    sessionContext.kernelPreference = {
      ...sessionContext.kernelPreference,
      shouldReuse: false
    };
    const content = new DeskPanel({ ...this._panel, path: context.path });
    return new DocumentWidget<DeskPanel>({ content, context });
  }
}
