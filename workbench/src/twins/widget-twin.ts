import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Panel, Widget } from '@lumino/widgets';
import { BUNDLE_MIME_TYPE } from './tokens';

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
 * What stands for a widget, next to its renderer for as long as that has nothing to show: its static
 * version, or the page of a bundle, which works without a kernel.
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
    const [widget] = renderer.widgets;
    if (renderer.isHidden) {
      this._hide();
    } else if (widget !== undefined) {
      if (!hasKernel()) {
        this._dead = widget;
      }
      if (this._carriesPage && widget === this._dead) {
        this._replace();
      } else {
        this._hide();
      }
    } else if (renderer.hasClass(FAILED) && !this._hasRetried) {
      // ipywidgets stops looking after two seconds, without a last look. On a busy machine the
      // kernel's widgets arrive in between.
      this._hasRetried = true;
      renderer.removeClass(FAILED);
      this._show(HTML_MIME_TYPE);
      void renderer.renderModel(model);
    } else if (renderer.hasClass(FAILED) || !hasKernel()) {
      this._replace();
    } else if (this._panel === null) {
      this._timer = setTimeout(() => {
        this._show(HTML_MIME_TYPE);
      }, PATIENCE_MS);
    }
  }

  /** Call when the widget has noticed that its kernel is gone. */
  onKernelGone(): void {
    this._dead = this._options.renderer.widgets[0];
    this.update();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    this._hide();
  }

  private get _carriesPage(): boolean {
    return BUNDLE_MIME_TYPE in this._options.model.data;
  }

  /** Show for good what needs no kernel. */
  private _replace(): void {
    const { trans } = this._options;
    if (this._carriesPage) {
      this._show(BUNDLE_MIME_TYPE);
      this._note.textContent = trans.__(
        'The kernel does not have this widget. Your browser runs its network instead.'
      );
    } else {
      this._show(HTML_MIME_TYPE);
      this._note.textContent = trans.__(
        'This is how the widget last looked. To use it, run the cells up to this one.'
      );
    }
  }

  private _show(mimeType: string): void {
    const { model, renderer, rendermime, trans } = this._options;
    const { parent } = renderer;
    if (
      this._shown === mimeType ||
      !(mimeType in model.data) ||
      !(parent instanceof Panel)
    ) {
      return;
    }
    this._hide();
    this._note.className = 'pw-WidgetTwin-note';
    this._note.textContent = trans.__(
      'The widget is loading. This is how it last looked.'
    );
    const picture = rendermime.createRenderer(mimeType);
    void picture.renderModel(model);
    this._panel = new Panel();
    this._panel.addClass('pw-WidgetTwin');
    this._panel.addWidget(new Widget({ node: this._note }));
    this._panel.addWidget(picture);
    this._shown = mimeType;
    renderer.addClass('pw-mod-absent');
    parent.addWidget(this._panel);
  }

  private _hide(): void {
    this._options.renderer.removeClass('pw-mod-absent');
    this._panel?.dispose();
    this._panel = null;
    this._shown = '';
    this._note = document.createElement('p');
  }

  private _panel: Panel | null = null;
  /** The MIME type of what is in the panel. */
  private _shown = '';
  private _note = document.createElement('p');
  /** The widget whose kernel is gone. */
  private _dead: Widget | undefined;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _hasRetried = false;
  private _isDisposed = false;
}
