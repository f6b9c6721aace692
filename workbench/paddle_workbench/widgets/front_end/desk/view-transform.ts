import type { Point } from './desk-items';

/** Places on the screen and in the picture, one from the other. */
export class ViewTransform {
  scale = 1;
  x = 0;
  y = 0;
  /** Quarter turns, clockwise. */
  turns = 0;

  /**
   * Show a rectangle of the picture as large as fits, with a margin in screen pixels, which takes
   * at most a third of the screen on each side.
   */
  show(
    [left, top, right, bottom]: readonly [number, number, number, number],
    width: number,
    height: number,
    margin: number
  ): void {
    const upright = this.turns % 2 === 0;
    const across = Math.max(1, upright ? right - left : bottom - top);
    const down = Math.max(1, upright ? bottom - top : right - left);
    const edge = Math.min(margin, width / 3, height / 3);
    this.scale = clamp(
      Math.min((width - 2 * edge) / across, (height - 2 * edge) / down)
    );
    this.centre((left + right) / 2, (top + bottom) / 2, width, height);
  }

  /** Put a point of the picture in the middle of the screen. */
  centre(x: number, y: number, width: number, height: number): void {
    this.x = 0;
    this.y = 0;
    const [sx, sy] = this.toScreen([x, y]);
    this.x = width / 2 - sx;
    this.y = height / 2 - sy;
  }

  /** Zoom so that a point of the screen stays where it is. */
  zoom(by: number, x: number, y: number): void {
    const scale = clamp(this.scale * by);
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
  }

  toScreen([x, y]: Point): Point {
    const [u, v] = TURNS[this.turns % 4]?.(x, y) ?? [x, y];
    return [u * this.scale + this.x, v * this.scale + this.y];
  }

  toPicture([x, y]: Point): Point {
    const [u, v] = [(x - this.x) / this.scale, (y - this.y) / this.scale];
    return TURNS[(4 - (this.turns % 4)) % 4]?.(u, v) ?? [u, v];
  }

  /** Make a canvas draw in pixels of the picture. */
  apply(context: CanvasRenderingContext2D): void {
    context.translate(this.x, this.y);
    context.scale(this.scale, this.scale);
    context.rotate((this.turns * Math.PI) / 2);
  }
}

const TURNS: readonly ((x: number, y: number) => Point)[] = [
  (x, y) => [x, y],
  (x, y) => [-y, x],
  (x, y) => [-x, -y],
  (x, y) => [y, -x]
];

function clamp(scale: number): number {
  return Math.min(16, Math.max(0.02, scale));
}
