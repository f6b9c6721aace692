import type { Child } from '../data/layer-tree';
import type { Viewport } from '../scene/viewport';

/**
 * The graph on the screen, as pointer and keys see it. Boxes are indices of the scene; -1 is none.
 */
export interface IGraphSurface {
  readonly view: Viewport;

  /** Draw before the next frame. */
  draw(): void;

  /** Show the whole graph. */
  fit(): void;

  /** Expand a group, or collapse it, in its place. */
  toggle(child: Child): void;

  /** Pin a thing, and let the keys go on from it. */
  pin(child: Child): void;

  /** Show what the pointer is over, and light what belongs to it. */
  hover(box: number): void;

  /** The innermost box under the pointer. */
  boxAt(event: MouseEvent): number;

  /** The point of the scene under the pointer. */
  scenePoint(event: MouseEvent): [x: number, y: number];
}
