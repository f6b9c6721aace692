import type { BundlePage, PageArray } from '../../../../src/contract/bundle';
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
