import type { Child } from '../data/layer-tree';
import { ShapeKind } from '../scene/scene';
import type { IGraphSurface } from './graph-surface';
import type { MicroscopeModel } from './microscope-model';

const ZOOM_STEP = 1.25;

/**
 * The keyboard controls of the graph: arrows follow its lines, Enter expands or pins, and so on.
 */
export class GraphKeys {
  constructor(
    private readonly _model: MicroscopeModel,
    private readonly _graph: IGraphSurface,
    canvas: HTMLCanvasElement,
    signal: AbortSignal
  ) {
    canvas.addEventListener(
      'keydown',
      event => {
        if (this._onKey(event)) {
          event.preventDefault();
          event.stopPropagation();
        }
      },
      { signal }
    );
  }

  /** Returns whether the key was handled. */
  private _onKey({ key, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
    if (altKey || ctrlKey || metaKey) {
      return false;
    }
    switch (key) {
      case 'ArrowDown':
        return this._walk(box => this._model.index?.neighbours(box, 0)[0]);
      case 'ArrowUp':
        return this._walk(box => this._model.index?.neighbours(box, 1)[0]);
      case 'ArrowLeft':
        return this._walk(box => this._model.index?.neighbour(box, -1));
      case 'ArrowRight':
        return this._walk(box => this._model.index?.neighbour(box, 1));
      case 'Home':
        return this._goTo(this._end(-1));
      case 'End':
        return this._goTo(this._end(1));
      case 'Enter':
      case ' ':
        return this._act();
      case 'u':
      case 'Backspace':
        return this._leave();
      case '+':
      case '=':
        return this._zoom(ZOOM_STEP);
      case '-':
        return this._zoom(1 / ZOOM_STEP);
      case '0':
        this._graph.fit();
        return true;
      default:
        return false;
    }
  }

  private _walk(next: (box: number) => number | undefined): boolean {
    const { focus, index } = this._model;
    const box = focus === null ? undefined : index?.boxOf(focus);
    return this._goTo(box === undefined ? this._end(-1) : next(box));
  }

  private _goTo(box: number | undefined): boolean {
    const scene = this._model.index?.scene;
    const child = scene?.child[box ?? -1];
    if (child !== undefined) {
      this._model.focusOn(child);
      const ids = this._model.idsOf(child);
      this._model.point({ kind: 'ops', stage: this._model.stage, ids });
    }
    return true;
  }

  /** The topmost (-1) or bottommost (1) box that is not an open group. */
  private _end(side: -1 | 1): number | undefined {
    const index = this._model.index;
    let end: number | undefined;
    let most = Number.NEGATIVE_INFINITY;
    index?.scene.child.forEach((_, box) => {
      const height = index.rectangle(box).y * side;
      if (index.scene.kind[box] !== ShapeKind.Open && height > most) {
        most = height;
        end = box;
      }
    });
    return end;
  }

  private _act(): boolean {
    const { focus } = this._model;
    if (focus === null) {
      return this._goTo(this._end(-1));
    }
    if (focus < 0) {
      this._graph.toggle(focus);
    } else {
      this._graph.pin(focus);
    }
    return true;
  }

  /** Collapse the group around the focus, and move the focus to it. */
  private _leave(): boolean {
    const around = this._around();
    if (around !== null) {
      this._model.focusOn(around);
      this._graph.toggle(around);
    }
    return true;
  }

  private _around(): Child | null {
    const { focus, index } = this._model;
    const box = focus === null ? undefined : index?.boxOf(focus);
    if (!index || box === undefined) {
      return null;
    }
    const { child, depth } = index.scene;
    let innermost = -1;
    for (let outer = 0; outer < child.length; outer++) {
      const isDeeper =
        innermost < 0 || (depth[outer] ?? 0) > (depth[innermost] ?? 0);
      if (isDeeper && index.contains(outer, box)) {
        innermost = outer;
      }
    }
    return child[innermost] ?? null;
  }

  private _zoom(factor: number): boolean {
    this._graph.view.zoom(factor);
    this._graph.draw();
    return true;
  }
}
