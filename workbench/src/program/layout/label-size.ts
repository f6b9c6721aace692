import type { IBox } from './layout';

export const TITLE_HEIGHT = 24;
export const OP_HEIGHT = 26;
export const GROUP_HEIGHT = 40;
/** Longer names are truncated when drawn. */
export const MOST_CHARACTERS = 30;

const NARROW = 6.6;
const WIDE = 12;
const SIDE = 22;
const NARROWEST = 52;
/** The first full-width character. */
const FIRST_WIDE = 0x2e80;

/** The approximate width of a text in the 12 px font of the graph. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text.slice(0, MOST_CHARACTERS)) {
    width += (character.codePointAt(0) ?? 0) >= FIRST_WIDE ? WIDE : NARROW;
  }
  return width;
}

export function opSize(kind: string): IBox {
  return {
    width: Math.max(NARROWEST, Math.ceil(textWidth(kind)) + SIDE),
    height: OP_HEIGHT
  };
}

export function groupSize(group: { readonly name: string }): IBox {
  return {
    width: Math.max(NARROWEST * 2, Math.ceil(textWidth(group.name)) + SIDE * 2),
    height: GROUP_HEIGHT
  };
}
