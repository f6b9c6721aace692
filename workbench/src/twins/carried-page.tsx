import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Panel, Widget } from '@lumino/widgets';
import * as React from 'react';
import type { BundleOutput, PageShell } from '../contract';
import type { IFailure } from '../failure';
import { describeFailure } from '../failure';
import { FailureView } from '../failure-view';
import type { BlockName } from '../page-frame';
import { SANDBOX, serveFrames } from '../page-frame';
import type { IConnection } from '../request';
import { BUNDLE_MIME_TYPE } from './tokens';

interface ICarriedPageOptions {
  readonly connection: IConnection;
  /** Get the page without a bundle from the server. */
  readonly loadShell: () => Promise<PageShell>;
}

/**
 * The page of a bundle that an output carries: the browser runs its network, without a kernel.
 *
 * The output is data. The program comes from the server, and runs in a frame that can reach neither
 * JupyterLab nor a network. So the page of a notebook that is not trusted may run, too, but only
 * when the reader wants it: a network can keep a browser busy.
 */
export class CarriedPage extends Panel implements IRenderMime.IRenderer {
  constructor(private readonly _options: ICarriedPageOptions) {
    super();
    this.addClass('pw-CarriedPage');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const output: unknown = model.data[BUNDLE_MIME_TYPE];
    const { trans } = this._options.connection;
    if (!isOutput(output)) {
      this._fail(otherVersion(this._options), model);
    } else if (model.trusted) {
      await this._load(output, model);
    } else {
      const run = (): void => {
        void this._load(output, model);
      };
      this._show(
        ReactWidget.create(
          <div className="pw-CarriedPage-question">
            <p>
              {trans.__(
                'This notebook is not trusted, so its network does not run on its own. It runs in a frame that has no access to JupyterLab.'
              )}
            </p>
            <button type="button" className="pw-Button" onClick={run}>
              {trans.__('Run the network')}
            </button>
          </div>
        )
      );
    }
  }

  override dispose(): void {
    this._end.abort();
    super.dispose();
  }

  private async _load(
    output: BundleOutput,
    model: IRenderMime.IMimeModel
  ): Promise<void> {
    const { connection, loadShell } = this._options;
    const { trans } = connection;
    const status = document.createElement('p');
    status.textContent = trans.__('Loading the network…');
    this._show(new Widget({ node: status }));
    try {
      const shell = await loadShell();
      if (shell.schema_version !== output.schema_version) {
        this._fail(otherVersion(this._options), model);
      } else if (!this.isDisposed) {
        this._showFrame(output, shell);
      }
    } catch (error) {
      this._fail(describeFailure(error, trans), model);
    }
  }

  private _showFrame(output: BundleOutput, shell: PageShell): void {
    const blocks: Readonly<Record<BlockName, string>> = {
      'pw-page': JSON.stringify(output.page),
      'pw-model': output.model,
      'pw-samples': output.samples,
      'pw-runtime': shell.runtime
    };
    const { trans } = this._options.connection;
    const frame = document.createElement('iframe');
    frame.className = 'pw-PageFrame';
    frame.title = trans.__('The network in this page');
    frame.setAttribute('sandbox', SANDBOX);
    frame.srcdoc = shell.document;
    this._show(new Widget({ node: frame }));
    const { signal } = this._end;
    serveFrames(
      () => [frame],
      name => blocks[name],
      signal
    );
    // A click next to the frame: JupyterLab leaves the keys to it, since it is in the notebook.
    const release = (): void => {
      if (document.activeElement === frame) {
        frame.blur();
      }
    };
    window.addEventListener('pointerdown', release, { capture: true, signal });
  }

  private _fail(failure: IFailure, model: IRenderMime.IMimeModel): void {
    const { trans } = this._options.connection;
    const retry = (): void => {
      void this.renderModel(model);
    };
    if (!this.isDisposed) {
      this._show(
        ReactWidget.create(
          <FailureView failure={failure} onRetry={retry} trans={trans} />
        )
      );
    }
  }

  private _show(content: Widget): void {
    this._end.abort();
    this._end = new AbortController();
    for (const each of [...this.widgets]) {
      each.dispose();
    }
    this.addWidget(content);
  }

  private _end = new AbortController();
}

function isOutput(value: unknown): value is BundleOutput {
  const output = (value ?? {}) as Partial<BundleOutput>;
  return (
    typeof output.schema_version === 'number' &&
    typeof output.page === 'object' &&
    typeof output.model === 'string' &&
    typeof output.samples === 'string'
  );
}

function otherVersion({
  connection: { trans }
}: ICarriedPageOptions): IFailure {
  return {
    message: trans.__(
      'This output was made by another version of Paddle Workbench.'
    ),
    hint: trans.__('To use it, run the cells up to this one.')
  };
}
