import type { IPalette } from './palette';
import { ShapeKind } from './scene';
import type { SceneIndex } from './scene-index';
import type { ILook } from './scene-painter';
import type { Viewport } from './viewport';

const WIDTH = 120;
const HEIGHT = 150;
/** Above this number of boxes only open groups are drawn. */
const MOST_BOXES = 4_000;

/**
 * A small picture of the whole graph, with a frame around the visible part that can be dragged.
 */
export class Minimap {
  constructor(
    private readonly _view: Viewport,
    signal: AbortSignal,
    private readonly _onMoved: () => void
  ) {
    this.node.className = 'pw-Graph-minimap';
    // Everything it does, the graph itself does with keys.
    this.node.setAttribute('aria-hidden', 'true');
    const go = (event: PointerEvent): void => {
      if (event.buttons === 1) {
        this._go(event.offsetX, event.offsetY);
      }
    };
    this.node.addEventListener('pointerdown', go, { signal });
    this.node.addEventListener('pointermove', go, { signal });
    this._context = this.node.getContext('2d');
    this._picture = document.createElement('canvas');
  }

  readonly node = document.createElement('canvas');

  show(index: SceneIndex, palette: () => IPalette): void {
    this._index = index;
    this._palette = palette;
    this._drawnFor = null;
  }

  draw(look: ILook): void {
    const index = this._index;
    const context = this._context;
    const palette = this._palette?.();
    if (!index || !context || !palette) {
      return;
    }
    const { width, height } = index.scene;
    const visible = this._view.rectangle;
    const isAllSeen = visible.width >= width && visible.height >= height;
    this.node.hidden = isAllSeen;
    if (isAllSeen) {
      return;
    }
    const ratio = window.devicePixelRatio || 1;
    this._scale = Math.min(WIDTH / width, HEIGHT / height);
    if (this._drawnFor !== palette) {
      this._drawPicture(index, palette, ratio);
      this._drawnFor = palette;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.node.width, this.node.height);
    context.drawImage(this._picture, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = palette.accent;
    for (const box of look.lit.keys()) {
      const place = index.rectangle(box);
      context.fillRect(
        place.x * this._scale - 1,
        place.y * this._scale - 1,
        Math.max(3, place.width * this._scale),
        Math.max(3, place.height * this._scale)
      );
    }
    context.strokeStyle = palette.accent;
    context.lineWidth = 1.5;
    context.strokeRect(
      Math.max(1, visible.x * this._scale),
      Math.max(1, visible.y * this._scale),
      Math.max(4, Math.min(visible.width, width) * this._scale - 2),
      Math.max(4, Math.min(visible.height, height) * this._scale - 2)
    );
  }

  private _drawPicture(
    index: SceneIndex,
    palette: IPalette,
    ratio: number
  ): void {
    const { scene } = index;
    const width = Math.max(24, Math.round(scene.width * this._scale));
    const height = Math.max(24, Math.round(scene.height * this._scale));
    for (const canvas of [this.node, this._picture]) {
      canvas.width = width * ratio;
      canvas.height = height * ratio;
    }
    this.node.style.width = `${width}px`;
    this.node.style.height = `${height}px`;
    const context = this._picture.getContext('2d');
    if (!context) {
      return;
    }
    context.scale(ratio, ratio);
    context.fillStyle = palette.back;
    context.fillRect(0, 0, width, height);
    context.globalAlpha = 0.7;
    scene.child.forEach((_, box) => {
      const isSkipped =
        scene.kind.length > MOST_BOXES &&
        index.scene.kind[box] === ShapeKind.Op;
      if (isSkipped) {
        return;
      }
      const place = index.rectangle(box);
      context.fillStyle =
        index.scene.kind[box] === ShapeKind.Open
          ? palette.raised
          : palette.faint;
      context.fillRect(
        place.x * this._scale,
        place.y * this._scale,
        Math.max(1, place.width * this._scale),
        Math.max(0.5, place.height * this._scale)
      );
    });
  }

  private _go(x: number, y: number): void {
    this._view.centre({
      x: x / this._scale,
      y: y / this._scale,
      width: 0,
      height: 0
    });
    this._onMoved();
  }

  private readonly _context: CanvasRenderingContext2D | null;
  private readonly _picture: HTMLCanvasElement;
  private _index: SceneIndex | null = null;
  private _palette: (() => IPalette) | null = null;
  private _drawnFor: IPalette | null = null;
  private _scale = 1;
}
