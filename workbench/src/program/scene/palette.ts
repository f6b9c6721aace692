/** The colours and the font of a picture, taken from the page around it. */
export interface IPalette {
  readonly back: string;
  readonly raised: string;
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly accent: string;
  readonly added: string;
  readonly removed: string;
  readonly font: string;
}

const NAMES = {
  back: '--pw-back',
  raised: '--pw-back-2',
  text: '--pw-text',
  faint: '--pw-text-2',
  line: '--pw-line',
  accent: '--pw-accent',
  added: '--pw-ok',
  removed: '--pw-error'
} as const;

/** Read the palette of an element. */
export function paletteOf(element: Element): IPalette {
  const style = getComputedStyle(element);
  const read = (name: string): string =>
    style.getPropertyValue(name).trim() || style.color;
  return {
    back: read(NAMES.back),
    raised: read(NAMES.raised),
    text: read(NAMES.text),
    faint: read(NAMES.faint),
    line: read(NAMES.line),
    accent: read(NAMES.accent),
    added: read(NAMES.added),
    removed: read(NAMES.removed),
    font: style.fontFamily || 'sans-serif'
  };
}
