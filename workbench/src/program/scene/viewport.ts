/** A part of a picture: left, top, width and height. */
export interface IRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const LARGEST = 3;
const SMALLEST = 1e-5;
const MARGIN = 12;
/** Nothing is shown larger than this when a whole picture is fitted. */
const FITTED = 1;
/** Smaller than this, a picture that is much higher than wide is shown from its top. */
const READABLE = 0.35;

/**
 * Which part of a picture is on the screen, and how large.
 */
export class Viewport {
  width = 1;
  height = 1;
  scale = 1;
  /** The point of the picture in the left upper corner. */
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

  /** Make larger or smaller around a point of the screen. */
  zoom(factor: number, x = this.width / 2, y = this.height / 2): void {
    const [sceneX, sceneY] = this.toScene(x, y);
    const scale = this.scale * factor;
    this.scale = Math.min(LARGEST, Math.max(SMALLEST, scale));
    this.left = sceneX - x / this.scale;
    this.top = sceneY - y / this.scale;
  }

  /** Show all of a picture. */
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

  /** Show all of a picture if it can be read then, else its beginning. */
  start(width: number, height: number): void {
    this.fit(width, height);
    if (this.scale < READABLE) {
      const fits = (this.width - 2 * MARGIN) / Math.max(1, width);
      this.scale = Math.min(FITTED, Math.max(READABLE, fits));
      this.left = width / 2 - this.width / 2 / this.scale;
      this.top = -MARGIN / this.scale;
    }
  }

  /** Bring a part of the picture onto the screen, moving no more than needed. */
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

  /** Show a part of the picture in the middle. */
  centre({ x, y, width, height }: IRectangle): void {
    this.left = x + width / 2 - this.width / 2 / this.scale;
    this.top = y + height / 2 - this.height / 2 / this.scale;
  }
}
