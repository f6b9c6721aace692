import { make } from '../text/elements';
import type { Corners } from './suppression';

/** Return a frame with a tag at a place of a picture, on which it is laid. */
export function makeFrame(
  [x1, y1, x2, y2]: Corners,
  tag: string,
  { width, height }: { readonly width: number; readonly height: number }
): HTMLElement {
  const frame = make('div', 'pw-Boxes-frame');
  frame.style.left = share(x1, width);
  frame.style.top = share(y1, height);
  frame.style.width = share(x2 - x1, width);
  frame.style.height = share(y2 - y1, height);
  frame.append(make('span', 'pw-Boxes-tag', tag));
  return frame;
}

/** Return an item of a list of boxes; its frame stands out under the pointer and with the focus. */
export function makeBoxItem(
  [label, score, place]: readonly [string, string, string],
  frame: HTMLElement | undefined,
  signal: AbortSignal
): HTMLElement {
  const item = make('li', 'pw-Boxes-item');
  item.append(
    make('span', 'pw-Boxes-label', label),
    make('span', 'pw-Boxes-score', score),
    make('span', 'pw-Boxes-place', place)
  );
  const light = (isLit: boolean) => (): void => {
    frame?.classList.toggle('pw-mod-lit', isLit);
  };
  item.addEventListener('pointerenter', light(true), { signal });
  item.addEventListener('pointerleave', light(false), { signal });
  item.addEventListener('focus', light(true), { signal });
  item.addEventListener('blur', light(false), { signal });
  return item;
}

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(3)}%`;
}
