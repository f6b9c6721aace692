import { ABCWidgetFactory, DocumentWidget } from '@jupyterlab/docregistry';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { IJobs } from '../jobs/tokens';
import { BundleModel } from './bundle-model';
import { BundlePanel } from './bundle-panel';
import { bundleOf, nameOf } from './bundle-path';

/**
 * Opens bundles in tabs.
 */
export class BundleDocumentFactory extends ABCWidgetFactory<
  DocumentWidget<BundlePanel>
> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions<
      DocumentWidget<BundlePanel>
    >,
    private readonly _panel: BundleDocumentFactory.IOptions
  ) {
    super(options);
  }

  protected override createNewWidget(
    context: DocumentRegistry.Context
  ): DocumentWidget<BundlePanel> {
    const { connection, jobs } = this._panel;
    const path = bundleOf(context.path);
    const model = new BundleModel({ connection, jobs, path });
    const content = new BundlePanel({
      ...this._panel,
      model,
      name: nameOf(path)
    });
    context.fileChanged.connect(() => {
      void model.load();
    }, content);
    return new DocumentWidget<BundlePanel>({ content, context });
  }
}

export namespace BundleDocumentFactory {
  export type IOptions = Omit<BundlePanel.IOptions, 'model' | 'name'> & {
    readonly jobs: IJobs;
  };
}
