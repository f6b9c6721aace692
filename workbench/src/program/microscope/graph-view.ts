import type { ITranslation } from '../../translation';
import type { Target } from '../data/family';
import type { Child } from '../data/layer-tree';
import { Minimap } from '../scene/minimap';
import type { IPalette } from '../scene/palette';
import { paletteOf } from '../scene/palette';
import { ShapeKind } from '../scene/scene';
import type { SceneIndex } from '../scene/scene-index';
import { paintScene } from '../scene/scene-painter';
import {
  ghostAt,
  StageTransition,
  TRANSITION_MS
} from '../scene/stage-transition';
import { Viewport } from '../scene/viewport';
import { opCount } from './amounts';
import { GraphKeys } from './graph-keys';
import { GraphLook } from './graph-look';
import { GraphPointer } from './graph-pointer';
import type { IGraphSurface } from './graph-surface';
import type { MicroscopeModel } from './microscope-model';

/**
 * The graph on a canvas: draws, pans and zooms it, and tells the model what is pointed at.
 */
export class GraphView implements IGraphSurface {
  constructor(
    model: MicroscopeModel,
    trans: ITranslation,
    signal: AbortSignal
  ) {
    this._model = model;
    this._signal = signal;
    this._look = new GraphLook(model, count => opCount(count, trans));
    this._minimap = new Minimap(this.view, signal, () => {
      this.draw();
    });
    this._canvas.className = 'pw-Graph-canvas';
    this._canvas.tabIndex = 0;
    this._canvas.setAttribute('role', 'application');
    this._canvas.setAttribute('aria-label', trans.__('Graph'));
    this.node.className = 'pw-Graph';
    this.node.append(this._canvas, this._minimap.node);
    const context = this._canvas.getContext('2d');
    if (!context) {
      throw new Error('This browser has no canvas.');
    }
    this._context = context;
    this._follow();
    new GraphPointer(model, this, this._canvas, signal);
    new GraphKeys(model, this, this._canvas, signal);
  }

  readonly node = document.createElement('div');
  readonly view = new Viewport();

  get look(): GraphLook {
    return this._look;
  }

  get palette(): IPalette {
    return (this._palette ??= paletteOf(this.node));
  }

  draw(): void {
    if (this._frame === 0) {
      this._frame = requestAnimationFrame(() => {
        this._frame = 0;
        this._paint();
      });
    }
  }

  fit(): void {
    const scene = this._model.index?.scene;
    if (scene) {
      this.view.fit(scene.width, scene.height);
      this.draw();
    }
  }

  focusCanvas(): void {
    this._canvas.focus();
  }

  private _follow(): void {
    const { _model: model, _signal: signal } = this;
    model.on(
      'scene',
      () => {
        this._onScene();
      },
      signal
    );
    model.on(
      'family',
      () => {
        this._onFamily();
      },
      signal
    );
    model.on(
      'focus',
      () => {
        this._onFocus();
      },
      signal
    );
    const resize = new ResizeObserver(() => {
      this._onResize();
    });
    resize.observe(this.node);
    const theme = new MutationObserver(() => {
      this._palette = null;
      this.draw();
    });
    theme.observe(document.body, { attributes: true });
    signal.addEventListener('abort', () => {
      resize.disconnect();
      theme.disconnect();
      cancelAnimationFrame(this._frame);
    });
  }

  private _onScene(): void {
    const { index } = this._model;
    const before = this._index;
    if (!index || index === before) {
      return;
    }
    this._index = index;
    this._minimap.show(index, () => this.palette);
    this._look.refresh();
    this._transition = null;
    if (!before) {
      this.view.start(index.scene.width, index.scene.height);
    } else {
      this._hold(before, index);
      if (
        before.scene.stage !== index.scene.stage &&
        !matchMedia('(prefers-reduced-motion: reduce)').matches &&
        StageTransition.isWorthwhile(before, index)
      ) {
        const { data, lineage } = this._model;
        this._transition = new StageTransition(data, lineage, before, index);
        this._started = performance.now();
      }
    }
    this._onFocus();
    this.draw();
  }

  /** Keep the clicked box, or the one in the middle, in its place on the screen. */
  private _hold(before: SceneIndex, after: SceneIndex): void {
    const { x, y, width, height } = this.view.rectangle;
    const anchor =
      this._anchor ??
      before.scene.child[before.boxAt(x + width / 2, y + height / 2)] ??
      null;
    this._anchor = null;
    const old = anchor === null ? undefined : before.boxOf(anchor);
    const now = anchor === null ? undefined : after.boxOf(anchor);
    if (old !== undefined && now !== undefined) {
      const from = before.rectangle(old);
      const to = after.rectangle(now);
      this.view.left += to.x + to.width / 2 - from.x - from.width / 2;
      this.view.top += to.y - from.y;
    } else {
      this.view.left += (after.scene.width - before.scene.width) / 2;
    }
  }

  private _onFamily(): void {
    this._look.refreshLit();
    this.draw();
  }

  private _onFocus(): void {
    const { focus, index } = this._model;
    const box = focus === null ? undefined : index?.boxOf(focus);
    this._look.focused = box ?? -1;
    if (index && box !== undefined) {
      this.view.reveal(index.rectangle(box));
    }
    this.draw();
  }

  private _onResize(): void {
    const { clientWidth: width, clientHeight: height } = this.node;
    const ratio = window.devicePixelRatio || 1;
    const isFirst = this.view.width <= 1;
    this.view.width = Math.max(1, width);
    this.view.height = Math.max(1, height);
    this._canvas.width = Math.round(width * ratio);
    this._canvas.height = Math.round(height * ratio);
    const scene = this._index?.scene;
    if (isFirst && scene) {
      this.view.start(scene.width, scene.height);
    }
    this._paint();
  }

  toggle(child: Child): void {
    const key = this._index?.scene.groups[~child]?.key;
    if (key !== undefined) {
      this._anchor = child;
      void this._model.toggle(key);
    }
  }

  pin(child: Child): void {
    this._model.focusOn(child);
    this._model.pin(this._target(child));
  }

  private _target(child: Child): Target {
    const { stage } = this._model;
    return { kind: 'ops', stage, ids: this._model.idsOf(child) };
  }

  hover(box: number): void {
    if (box === this._look.hovered) {
      return;
    }
    const scene = this._index?.scene;
    const child = scene?.child[box];
    this._look.hovered = box;
    this._canvas.style.cursor = box >= 0 ? 'pointer' : 'grab';
    const isThing = child !== undefined && scene?.kind[box] !== ShapeKind.Open;
    this._model.point(isThing ? this._target(child) : null);
    this.draw();
  }

  boxAt(event: MouseEvent): number {
    return this._index?.boxAt(...this.scenePoint(event)) ?? -1;
  }

  scenePoint(event: MouseEvent): [number, number] {
    const { left, top } = this._canvas.getBoundingClientRect();
    return this.view.toScene(event.clientX - left, event.clientY - top);
  }

  private _paint(): void {
    const { _context: context, _index: index, view } = this;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    if (!index) {
      return;
    }
    const moment = this._transition
      ? Math.min(1, (performance.now() - this._started) / TRANSITION_MS)
      : 1;
    this._look.boxes = this._transition?.at(moment) ?? null;
    this._look.lineAlpha = moment;
    paintScene(context, index, view, this.palette, this._look);
    if (this._transition && moment < 1) {
      this._paintGhosts(this._transition, moment);
      this.draw();
    } else {
      this._transition = null;
      this._look.boxes = null;
    }
    this._minimap.draw(this._look);
  }

  private _paintGhosts(transition: StageTransition, moment: number): void {
    const { _context: context, view } = this;
    context.save();
    context.scale(view.scale, view.scale);
    context.translate(-view.left, -view.top);
    context.globalAlpha = 1 - moment;
    context.strokeStyle = this.palette.removed;
    context.lineWidth = 2;
    context.beginPath();
    for (const ghost of transition.ghosts) {
      const { x, y, width, height } = ghostAt(ghost, moment);
      context.rect(x, y, width, height);
    }
    context.stroke();
    context.restore();
  }

  private readonly _model: MicroscopeModel;
  private readonly _signal: AbortSignal;
  private readonly _look: GraphLook;
  private readonly _minimap: Minimap;
  private readonly _canvas = document.createElement('canvas');
  private readonly _context: CanvasRenderingContext2D;
  private _palette: IPalette | null = null;
  private _index: SceneIndex | null = null;
  private _transition: StageTransition | null = null;
  private _started = 0;
  private _anchor: Child | null = null;
  private _frame = 0;
}
