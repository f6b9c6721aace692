import type { BundlePage, PageArray } from '../../../../src/contract/bundle';
import type { IPicture } from './pillow-resize';
import type { ITensor } from './tensor';

/** A sample with its arrays. */
export interface ISample {
  readonly name: string;
  readonly inputs: readonly ITensor[];
  readonly outputs: readonly ITensor[];
}

/** Return what the page says about its bundle. */
export function readPage(): BundlePage {
  const text = document.getElementById('pw-page')?.textContent ?? '';
  return JSON.parse(text) as BundlePage;
}

/** Return the content of a block of the page, which is compressed. */
export async function readBlock(
  name: 'pw-model' | 'pw-runtime' | 'pw-samples'
): Promise<Uint8Array<ArrayBuffer>> {
  const text = atob(document.getElementById(name)?.textContent ?? '');
  const bytes = Uint8Array.from(text, character => character.charCodeAt(0));
  const stream = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return the samples, whose arrays follow each other in a block. */
export function samplesOf(
  { samples }: BundlePage,
  block: Uint8Array<ArrayBuffer>
): ISample[] {
  let start = 0;
  const tensor = ({ dtype, shape, bytes }: PageArray): ITensor => {
    start += bytes;
    return { dtype, shape, bytes: block.slice(start - bytes, start) };
  };
  return samples.map(({ name, inputs, outputs }) => ({
    name,
    inputs: inputs.map(tensor),
    outputs: outputs.map(tensor)
  }));
}

/** Decode a picture file; what is transparent becomes white. */
export async function decodePicture(file: Blob): Promise<IPicture> {
  const bitmap = await createImageBitmap(file, {
    colorSpaceConversion: 'none'
  });
  const { width, height } = bitmap;
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (context === null) {
    throw new Error('This browser cannot decode the picture.');
  }
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
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
