import type { IPicture } from './pillow-resize';

/** Longest side and most characters of a picture that is sent to a kernel. */
const SENT_SIDE = 2048;
const SENT_CHARACTERS = 4_000_000;

/** Most pixels of a picture that a page decodes; browsers draw larger ones blank, or not at all. */
const MOST_PIXELS = 100_000_000;

/** A file is not a picture that the browser can read. */
export class UnreadablePicture extends Error {}

/** A picture has too many pixels for a page. */
export class HugePicture extends Error {
  constructor(
    readonly width: number,
    readonly height: number
  ) {
    super(`The picture has ${width} x ${height} pixels.`);
  }

  readonly megapixels = MOST_PIXELS / 1e6;
}

/** Decode a picture file; what is transparent becomes white. */
export async function decodePicture(file: Blob): Promise<IPicture> {
  const size = await sizeOf(file);
  if (size.width * size.height > MOST_PIXELS) {
    throw new HugePicture(size.width, size.height);
  }
  const { canvas, context } = await drawn(file, Infinity);
  const { width, height } = canvas;
  const { data } = context.getImageData(0, 0, width, height);
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgb[3 * pixel] = data[4 * pixel] ?? 0;
    rgb[3 * pixel + 1] = data[4 * pixel + 1] ?? 0;
    rgb[3 * pixel + 2] = data[4 * pixel + 2] ?? 0;
  }
  return { width, height, rgb };
}

/** Return the file that a data URL contains, without a request. */
export function fileOf(dataUrl: string): Blob {
  const [head = '', content = ''] = dataUrl.split(',');
  const bytes = Uint8Array.from(atob(content), each => each.charCodeAt(0));
  return new Blob([bytes], { type: /:(.*?);/.exec(head)?.[1] ?? '' });
}

/** Return a picture file as a data URL for a kernel, large ones reduced. */
export async function sendablePicture(file: Blob): Promise<string> {
  const { canvas } = await drawn(file, SENT_SIDE);
  const exact = canvas.toDataURL('image/png');
  return exact.length <= SENT_CHARACTERS
    ? exact
    : canvas.toDataURL('image/jpeg', 0.92);
}

/** Read the size of a picture without decoding it, which takes seconds and gigabytes if it is huge. */
async function sizeOf(file: Blob): Promise<{ width: number; height: number }> {
  const image = new Image();
  const url = URL.createObjectURL(file);
  try {
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = reject;
      image.src = url;
    });
  } catch {
    throw new UnreadablePicture('The browser cannot read its size.');
  } finally {
    URL.revokeObjectURL(url);
  }
  return { width: image.naturalWidth, height: image.naturalHeight };
}

async function drawn(
  file: Blob,
  longest: number
): Promise<{ canvas: HTMLCanvasElement; context: CanvasRenderingContext2D }> {
  const bitmap = await createImageBitmap(file, {
    colorSpaceConversion: 'none'
  }).catch((error: unknown) => {
    throw new UnreadablePicture(String(error));
  });
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext('2d');
  if (context === null) {
    throw new UnreadablePicture('There is no memory for the picture.');
  }
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return { canvas, context };
}
