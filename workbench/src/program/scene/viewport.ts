/** A part of a scene: left, top, width and height. */
export interface IRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const LARGEST = 3;
const SMALLEST = 1e-5;
const MARGIN = 12;
/** The largest scale at which a whole scene is fitted. */
const FITTED = 1;
/** If fitting needs a smaller scale than this, the scene is shown from its top instead. */
const READABLE = 0.35;

/**
 * The part of a scene that is on the screen, and its scale.
 */
export class Viewport {
  width = 1;
  height = 1;
  scale = 1;
  /** The point of the scene in the upper left corner. */
  left = 0;
  top = 0;

  get rectangle(): IRectangle {
    return {
      x: this.left,
      y: this.top,
      width: this.width / this.scale,
      height: this.height / this.scale
    };
  }

  toScene(x: number, y: number): [number, number] {
    return [this.left + x / this.scale, this.top + y / this.scale];
  }

  toScreen(x: number, y: number): [number, number] {
    return [(x - this.left) * this.scale, (y - this.top) * this.scale];
  }

  /** Move by distances on the screen. */
  pan(x: number, y: number): void {
    this.left -= x / this.scale;
    this.top -= y / this.scale;
  }

  /** Zoom around a point of the screen. */
  zoom(factor: number, x = this.width / 2, y = this.height / 2): void {
    const [sceneX, sceneY] = this.toScene(x, y);
    const scale = this.scale * factor;
    this.scale = Math.min(LARGEST, Math.max(SMALLEST, scale));
    this.left = sceneX - x / this.scale;
    this.top = sceneY - y / this.scale;
  }

  /** Show a whole scene. */
  fit(width: number, height: number): void {
    this.scale = Math.max(
      SMALLEST,
      Math.min(
        FITTED,
        (this.width - 2 * MARGIN) / Math.max(1, width),
        (this.height - 2 * MARGIN) / Math.max(1, height)
      )
    );
    this.left = width / 2 - this.width / 2 / this.scale;
    this.top = height / 2 - this.height / 2 / this.scale;
  }

  /** Show a whole scene if it is readable then, else its beginning. */
  start(width: number, height: number): void {
    this.fit(width, height);
    if (this.scale < READABLE) {
      const fits = (this.width - 2 * MARGIN) / Math.max(1, width);
      this.scale = Math.min(FITTED, Math.max(READABLE, fits));
      this.left = width / 2 - this.width / 2 / this.scale;
      this.top = -MARGIN / this.scale;
    }
  }

  /** Scroll a part of the scene into view, no further than needed. */
  reveal({ x, y, width, height }: IRectangle): void {
    const visible = this.rectangle;
    const margin = MARGIN / this.scale;
    const along = (
      start: number,
      size: number,
      at: number,
      length: number
    ): number => {
      if (length + 2 * margin > size || at - margin < start) {
        return at - margin < start || at + margin > start + size
          ? at - margin
          : start;
      }
      return at + length + margin > start + size
        ? at + length + margin - size
        : start;
    };
    this.left = along(visible.x, visible.width, x, width);
    this.top = along(visible.y, visible.height, y, height);
  }

  /** Centre a part of the scene. */
  centre({ x, y, width, height }: IRectangle): void {
    this.left = x + width / 2 - this.width / 2 / this.scale;
    this.top = y + height / 2 - this.height / 2 / this.scale;
  }
}
