import { Clipboard } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import { ErrorBoundary } from '../failure-view';
import type { Language } from '../language';
import type { DoctorModel } from './doctor-model';
import { DoctorView } from './doctor-view';

/**
 * The doctor's findings, in the main area.
 */
export class DoctorPanel extends ReactWidget {
  constructor(options: DoctorPanel.IOptions) {
    super();
    this._language = options.language;
    this._model = options.model;
    this._trans = options.trans;
    this.addClass('pw-DoctorPanel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', this._trans.__('Environment'));
    this._model.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._model.changed.disconnect(this._onChanged, this);
    this._model.dispose();
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this._model.run();
  }

  protected override render(): React.JSX.Element {
    const { failure, isRunning, job, result } = this._model;
    return (
      <ErrorBoundary trans={this._trans}>
        <DoctorView
          failure={failure}
          isRunning={isRunning}
          language={this._language}
          onCopy={text => {
            Clipboard.copyToSystem(text);
          }}
          onRun={() => {
            void this._model.run();
          }}
          progress={job?.progress ?? null}
          report={result}
          trans={this._trans}
        />
      </ErrorBoundary>
    );
  }

  private _onChanged(): void {
    this.update();
  }

  private readonly _language: Language;
  private readonly _model: DoctorModel;
  private readonly _trans: TranslationBundle;
}

export namespace DoctorPanel {
  export interface IOptions {
    language: Language;
    model: DoctorModel;
    trans: TranslationBundle;
  }
}
