import { CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IOutputModel } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { Panel } from '@lumino/widgets';
import type { WidgetRenderer } from './widget-twin';
import { WIDGET_MIME_TYPE, WidgetTwin } from './widget-twin';

const OUTPUT = '.jp-OutputArea-output';
/** What widgets dispatch (`front_end/base/drawing.ts`). */
const KERNEL_GONE = 'pw-kernel-gone';

interface IShownWidget {
  readonly renderer: WidgetRenderer;
  readonly model: IOutputModel;
}

/**
 * What stands for the widgets in a notebook that have no kernel.
 *
 * The renderer of ipywidgets sends no signal when it gives up or has found the widget, and is replaced
 * for each notebook, so this watches what the outputs show.
 */
export class NotebookTwins implements IDisposable {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _trans: TranslationBundle
  ) {
    const { content, sessionContext } = _panel;
    this._observer = new MutationObserver(this._onMutations);
    this._observer.observe(content.node, { childList: true, subtree: true });
    content.node.addEventListener(KERNEL_GONE, this._onKernelGone);
    this._update(content.node.querySelectorAll(OUTPUT));
    sessionContext.kernelChanged.connect(this._onKernel, this);
    void sessionContext.ready.then(() => {
      this._isReady = true;
      this._onKernel();
    });
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._observer.disconnect();
    this._panel.content.node.removeEventListener(
      KERNEL_GONE,
      this._onKernelGone
    );
    Signal.clearData(this);
    for (const twin of this._twins.values()) {
      twin.dispose();
    }
    this._twins.clear();
  }

  private readonly _onMutations = (
    mutations: readonly MutationRecord[]
  ): void => {
    const changed = new Set<Element>();
    for (const { target, addedNodes } of mutations) {
      if (target instanceof Element && target.matches(OUTPUT)) {
        changed.add(target);
      }
      for (const node of addedNodes) {
        if (node instanceof Element) {
          node.querySelectorAll(OUTPUT).forEach(each => changed.add(each));
        }
      }
    }
    this._update(changed);
  };

  private readonly _onKernelGone = ({ target }: Event): void => {
    const node = target instanceof Element ? target.closest(OUTPUT) : null;
    const shown = node && this._find(node);
    if (shown) {
      this._twinOf(shown).onKernelGone();
    }
  };

  private _onKernel(): void {
    if (!this._isDisposed) {
      this._update(this._panel.content.node.querySelectorAll(OUTPUT));
    }
  }

  private _update(nodes: Iterable<Element>): void {
    for (const node of nodes) {
      const shown = this._find(node);
      if (shown) {
        this._twinOf(shown).update();
      }
    }
  }

  private _twinOf({ model, renderer }: IShownWidget): WidgetTwin {
    const { content, sessionContext } = this._panel;
    let twin = this._twins.get(renderer);
    if (twin === undefined) {
      twin = new WidgetTwin({
        // The context's own `isReady` becomes false again when the kernel is shut down.
        hasKernel: () =>
          !this._isReady || Boolean(sessionContext.session?.kernel),
        model,
        renderer,
        rendermime: content.rendermime,
        trans: this._trans
      });
      this._twins.set(renderer, twin);
      renderer.disposed.connect(this._onDisposed, this);
    }
    return twin;
  }

  private _onDisposed(renderer: object): void {
    this._twins.get(renderer)?.dispose();
    this._twins.delete(renderer);
  }

  /** Find the renderer of ipywidgets whose node this is, and its output. */
  private _find(node: Element): IShownWidget | null {
    const cell = this._panel.content.widgets.find(each =>
      each.node.contains(node)
    );
    if (!(cell instanceof CodeCell)) {
      return null;
    }
    const { model, widgets } = cell.outputArea;
    const at = widgets.findIndex(each => each.node.contains(node));
    const row = widgets[at];
    const renderer =
      row instanceof Panel
        ? row.widgets.find(each => each.node === node)
        : null;
    if (!renderer || !isWidgetRenderer(renderer) || at >= model.length) {
      return null;
    }
    return { model: model.get(at), renderer };
  }

  private readonly _observer: MutationObserver;
  private readonly _twins = new Map<object, WidgetTwin>();
  private _isReady = false;
  private _isDisposed = false;
}

function isWidgetRenderer(widget: object): widget is WidgetRenderer {
  return (
    widget instanceof Panel &&
    'mimeType' in widget &&
    widget.mimeType === WIDGET_MIME_TYPE
  );
}
