import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Panel, Widget } from '@lumino/widgets';

export const WIDGET_MIME_TYPE = 'application/vnd.jupyter.widget-view+json';
const HTML_MIME_TYPE = 'text/html';
/** The renderer of ipywidgets sets it if it has found no widget, or could not draw it. */
const FAILED = 'jupyter-widgets';
/** Milliseconds before a widget that is still loading is replaced: most appear at once. */
const PATIENCE_MS = 500;

/** The renderer of ipywidgets: its child is the widget, if there is one. */
export type WidgetRenderer = Panel & IRenderMime.IRenderer;

interface IWidgetTwinOptions {
  readonly renderer: WidgetRenderer;
  /** The output that the renderer shows. */
  readonly model: IRenderMime.IMimeModel;
  readonly rendermime: IRenderMimeRegistry;
  /** Whether there is a kernel that may have the widget. */
  readonly hasKernel: () => boolean;
  readonly trans: TranslationBundle;
}

/**
 * The static version of a widget, next to its renderer for as long as that has nothing to show.
 */
export class WidgetTwin implements IDisposable {
  constructor(private readonly _options: IWidgetTwinOptions) {}

  /** Look at the renderer again; call whenever its content has changed. */
  update(): void {
    const { model, renderer, hasKernel } = this._options;
    clearTimeout(this._timer);
    if (this._isDisposed) {
      return;
    }
    if (renderer.widgets.length > 0 || renderer.isHidden) {
      this._hide();
    } else if (renderer.hasClass(FAILED) && !this._hasRetried) {
      // ipywidgets stops looking after two seconds, without a last look. On a busy machine the
      // kernel's widgets arrive in between.
      this._hasRetried = true;
      renderer.removeClass(FAILED);
      this._show();
      void renderer.renderModel(model);
    } else if (renderer.hasClass(FAILED) || !hasKernel()) {
      this._show();
      this._note.textContent = this._options.trans.__(
        'This is how the widget last looked. To use it, run the cells up to this one.'
      );
    } else if (this._panel === null) {
      this._timer = setTimeout(() => {
        this._show();
      }, PATIENCE_MS);
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    this._hide();
  }

  private _show(): void {
    const { model, renderer, rendermime, trans } = this._options;
    const { parent } = renderer;
    if (
      this._panel !== null ||
      !(HTML_MIME_TYPE in model.data) ||
      !(parent instanceof Panel)
    ) {
      return;
    }
    this._note.className = 'pw-WidgetTwin-note';
    this._note.textContent = trans.__(
      'The widget is loading. This is how it last looked.'
    );
    const picture = rendermime.createRenderer(HTML_MIME_TYPE);
    void picture.renderModel(model);
    this._panel = new Panel();
    this._panel.addClass('pw-WidgetTwin');
    this._panel.addWidget(new Widget({ node: this._note }));
    this._panel.addWidget(picture);
    renderer.addClass('pw-mod-absent');
    parent.addWidget(this._panel);
  }

  private _hide(): void {
    this._options.renderer.removeClass('pw-mod-absent');
    this._panel?.dispose();
    this._panel = null;
    this._note = document.createElement('p');
  }

  private _panel: Panel | null = null;
  private _note = document.createElement('p');
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _hasRetried = false;
  private _isDisposed = false;
}
