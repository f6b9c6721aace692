import type { IGraphSurface } from './graph-surface';
import type { MicroscopeModel } from './microscope-model';

const WHEEL_ZOOM = 0.0016;
const CLICK_DISTANCE = 4;
/** Width of the part of a group's box that expands and collapses it, in pixels. */
const MARK_WIDTH = 24;

/**
 * The pointer controls of the graph: drag pans, the wheel zooms, a click pins, or expands on the
 * mark.
 */
export class GraphPointer {
  constructor(
    private readonly _model: MicroscopeModel,
    private readonly _graph: IGraphSurface,
    private readonly _canvas: HTMLCanvasElement,
    signal: AbortSignal
  ) {
    const listen = <Name extends keyof HTMLElementEventMap>(
      name: Name,
      handler: (event: HTMLElementEventMap[Name]) => void
    ): void => {
      _canvas.addEventListener(name, handler, { signal, passive: false });
    };
    listen('pointerdown', event => {
      this._onDown(event);
    });
    listen('pointermove', event => {
      this._onMove(event);
    });
    listen('pointerup', event => {
      this._onUp(event);
    });
    listen('pointerleave', () => {
      this._graph.hover(-1);
    });
    listen('dblclick', event => {
      this._onDoubleClick(event);
    });
    listen('wheel', event => {
      this._onWheel(event);
    });
  }

  private _onDown(event: PointerEvent): void {
    this._canvas.setPointerCapture(event.pointerId);
    this._drag = { x: event.clientX, y: event.clientY, moved: 0 };
  }

  private _onMove(event: PointerEvent): void {
    const drag = this._drag;
    if (!drag) {
      this._graph.hover(this._graph.boxAt(event));
      return;
    }
    const x = event.clientX - drag.x;
    const y = event.clientY - drag.y;
    drag.x = event.clientX;
    drag.y = event.clientY;
    drag.moved += Math.abs(x) + Math.abs(y);
    this._graph.view.pan(x, y);
    this._graph.draw();
  }

  private _onUp(event: PointerEvent): void {
    const drag = this._drag;
    this._drag = null;
    if (!drag || drag.moved >= CLICK_DISTANCE) {
      return;
    }
    const box = this._graph.boxAt(event);
    const child = this._model.index?.scene.child[box];
    if (child === undefined) {
      this._model.pin(null);
    } else if (child < 0 && this._isOnMark(event, box)) {
      this._model.focusOn(child);
      this._graph.toggle(child);
    } else {
      this._graph.pin(child);
    }
  }

  private _onDoubleClick(event: MouseEvent): void {
    const box = this._graph.boxAt(event);
    const child = this._model.index?.scene.child[box];
    if (child !== undefined && child < 0 && !this._isOnMark(event, box)) {
      this._graph.toggle(child);
    }
  }

  private _isOnMark(event: MouseEvent, box: number): boolean {
    const left = this._model.index?.rectangle(box).x ?? 0;
    return this._graph.scenePoint(event)[0] - left < MARK_WIDTH;
  }

  private _onWheel(event: WheelEvent): void {
    const hasKeys = document.activeElement === this._canvas;
    if (!event.ctrlKey && !event.metaKey && !hasKeys) {
      return; // the page scrolls
    }
    event.preventDefault();
    if (event.shiftKey) {
      this._graph.view.pan(-event.deltaY, 0);
    } else {
      const { left, top } = this._canvas.getBoundingClientRect();
      const factor = Math.exp(-event.deltaY * WHEEL_ZOOM);
      const { view } = this._graph;
      view.zoom(factor, event.clientX - left, event.clientY - top);
    }
    this._graph.draw();
  }

  private _drag: { x: number; y: number; moved: number } | null = null;
}
