import type { IItemLook } from '../desk/page-canvas';
import { KEYED_CLASSES } from './box-keys';
import type { BoxState, IDeskBox } from './box-state';

/** Number of colours; further classes repeat them, and their captions tell them apart. */
const COLOURS = 6;

/** The variable with the colour of a class. */
export function colourOf(place: number): string {
  return `--pw-class-${(Math.max(0, place) % COLOURS) + 1}`;
}

/** How boxes are drawn: with the colour, number and name of their class. */
export function boxLook(state: BoxState): IItemLook<IDeskBox> {
  const placeOf = (box: IDeskBox): number =>
    state.get('classes').indexOf(box.label);
  return {
    get kinds() {
      return state.get('classes').map((_, at) => String(at));
    },
    kindOf: box => String(placeOf(box)),
    styleOf: kind => ({ colour: colourOf(Number(kind)) }),
    captionOf: box => {
      const place = placeOf(box);
      return place < KEYED_CLASSES ? `${place + 1} ${box.label}` : box.label;
    },
    isDirected: false,
    isMoved: true
  };
}
