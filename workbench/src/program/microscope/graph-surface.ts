import type { Child } from '../data/layer-tree';
import type { Viewport } from '../scene/viewport';

/**
 * What the pointer and the keys need of the graph on the screen. A box is an index in the scene, or
 * -1.
 */
export interface IGraphSurface {
  readonly view: Viewport;

  /** Draw before the next frame. */
  draw(): void;

  /** Show the whole graph. */
  fit(): void;

  /** Expand or collapse a group, and keep it where it is on the screen. */
  toggle(child: Child): void;

  /** Pin an op or group, and move the keyboard focus to it. */
  pin(child: Child): void;

  /** Mark the box under the pointer, and light up its family. */
  hover(box: number): void;

  /** The innermost box under the pointer. */
  boxAt(event: MouseEvent): number;

  /** The point of the scene under the pointer. */
  scenePoint(event: MouseEvent): [x: number, y: number];
}
