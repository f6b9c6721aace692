import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { KernelModel } from './kernel-model';
import { describeKernel } from './kernel-report';

/**
 * Paddle's version and device, in the status bar.
 */
export class KernelStatus extends ReactWidget {
  constructor(options: KernelStatus.IOptions) {
    super();
    this._model = options.model;
    this._onOpen = options.onOpen;
    this._trans = options.trans;
    this.addClass('pw-KernelStatus');
    this._model.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._model.changed.disconnect(this._onChanged, this);
    super.dispose();
  }

  protected override render(): React.JSX.Element | null {
    const { report } = this._model;
    if (report === null) {
      return null;
    }
    const trans = this._trans;
    return (
      <button
        type="button"
        className="pw-KernelStatus-button"
        title={
          report.warm
            ? trans.__(
                'Paddle in this notebook’s kernel (Python %1). Warm start: Paddle was imported before the kernel started. Click to examine the environment.',
                report.python
              )
            : trans.__(
                'Paddle in this notebook’s kernel (Python %1). Cold start: the kernel imports Paddle itself. Click to examine the environment.',
                report.python
              )
        }
        onClick={this._onOpen}
      >
        {describeKernel(report, trans)}
      </button>
    );
  }

  private _onChanged(): void {
    this.update();
  }

  private readonly _model: KernelModel;
  private readonly _onOpen: () => void;
  private readonly _trans: TranslationBundle;
}

export namespace KernelStatus {
  export interface IOptions {
    model: KernelModel;
    onOpen: () => void;
    trans: TranslationBundle;
  }
}
