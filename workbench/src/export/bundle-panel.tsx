import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import { ErrorBoundary } from '../failure-view';
import type { Language } from '../language';
import type { IConnection } from '../request';
import type { BundleModel } from './bundle-model';

/** Not needed before the first bundle. */
const BundleView = React.lazy(async () => {
  const { BundleView } = await import('./bundle-view');
  return { default: BundleView };
});

/**
 * A bundle with its targets, in the main area.
 */
export class BundlePanel extends ReactWidget {
  constructor(options: BundlePanel.IOptions) {
    super();
    this._options = options;
    this.addClass('pw-BundlePanel');
    options.model.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    const { model } = this._options;
    model.changed.disconnect(this._onChanged, this);
    model.dispose();
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    const { connection, model, name } = this._options;
    // Not earlier, since the main area sets its own label on its content.
    this.node.setAttribute('role', 'region');
    this.node.setAttribute(
      'aria-label',
      connection.trans.__('Bundle: %1', name)
    );
    if (!model.picture && !model.isLoading) {
      void model.load();
    }
  }

  protected override render(): React.JSX.Element {
    const { connection, language, model, onCompare, onOpenLine } =
      this._options;
    const { trans } = connection;
    return (
      <ErrorBoundary trans={trans}>
        <React.Suspense fallback={null}>
          <BundleView
            checks={model.checks.progress}
            failure={model.failure}
            isLoading={model.isLoading}
            language={language}
            onCancelAll={() => {
              void model.checks.cancel();
            }}
            onCheckAll={() => {
              void model.checkAll();
            }}
            onCompare={onCompare}
            onOpenLine={onOpenLine}
            onReload={() => {
              void model.load();
            }}
            picture={model.picture}
            targets={model.targets}
            trans={trans}
          />
        </React.Suspense>
      </ErrorBoundary>
    );
  }

  private _onChanged(): void {
    this.update();
  }

  private readonly _options: BundlePanel.IOptions;
}

export namespace BundlePanel {
  export interface IOptions {
    connection: IConnection;
    language: Language;
    model: BundleModel;
    /** The name of the bundle's folder or file. */
    name: string;
    /** Show two programs side by side. */
    onCompare: (before: string, after: string) => void;
    /** Show a line of a file. */
    onOpenLine: (path: string, line: number) => void;
  }
}
