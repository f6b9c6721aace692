import type { TextLine } from '../../../../src/contract/bundle';
import { resizeLinear } from './opencv-resize';
import type { IPicture } from './pillow-resize';
import { tensorOf } from './tensor';
import type { ITensor } from './tensor';

/** Pixels of the longest line; PP-OCR squeezes longer ones. */
const WIDEST = 3200;

/** Return lines of text as PP-OCR makes them the input of a recogniser. */
export function textLines(
  pictures: readonly IPicture[],
  { height, narrowest, channels }: TextLine
): ITensor {
  const lines = pictures.map(picture => {
    const ratio = picture.width / picture.height;
    const wanted = Math.trunc(height * Math.max(narrowest / height, ratio));
    const padded = Math.min(Math.max(wanted, 1), WIDEST);
    const own = wanted > WIDEST ? WIDEST : Math.ceil(height * ratio);
    const width = Math.min(own, padded);
    return { padded, picture: resizeLinear(picture, width, height) };
  });
  const width = Math.max(...lines.map(({ padded }) => padded));
  const values = new Float32Array(lines.length * 3 * height * width);
  lines.forEach(({ picture: { rgb, width: own } }, row) => {
    for (let channel = 0; channel < 3; channel++) {
      const source = channels === 'BGR' ? 2 - channel : channel;
      for (let y = 0; y < height; y++) {
        const start = ((row * 3 + channel) * height + y) * width;
        for (let x = 0; x < own; x++) {
          const value = rgb[(y * own + x) * 3 + source] ?? 0;
          // Rounded as NumPy does it: the quotient here, the rest by the array.
          values[start + x] = Math.fround(Math.fround(value / 255) - 0.5) / 0.5;
        }
      }
    }
  });
  return tensorOf('float32', [lines.length, 3, height, width], values);
}
