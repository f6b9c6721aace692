import type { BundlePage, PageArray } from '../../../../src/contract/page';
import type {
  BlockName,
  IBlockAnswer,
  PageMessage
} from '../../../../src/page-frame';
import type { ITensor } from './tensor';

/** A sample with its arrays. */
export interface ISample {
  readonly name: string;
  readonly inputs: readonly ITensor[];
  readonly outputs: readonly ITensor[];
}

/** Return what the page says about its bundle. */
export async function readPage(): Promise<BundlePage> {
  return JSON.parse(await textOf('pw-page')) as BundlePage;
}

/** Return the content of a block of the page, which is compressed. */
export async function readBlock(
  name: Exclude<BlockName, 'pw-page'>
): Promise<Uint8Array<ArrayBuffer>> {
  const text = atob(await textOf(name));
  const bytes = Uint8Array.from(text, character => character.charCodeAt(0));
  const stream = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return the text of a block: from the page, or from the window around it. */
function textOf(name: BlockName): Promise<string> {
  const text = document.getElementById(name)?.textContent;
  const { parent } = window;
  if (typeof text === 'string') {
    return Promise.resolve(text);
  }
  if (parent === window) {
    return Promise.reject(new Error(`The page has no ${name}.`));
  }
  return new Promise((resolve, reject) => {
    const onMessage = ({ data, source }: MessageEvent<unknown>): void => {
      const answer = (data ?? {}) as Partial<IBlockAnswer>;
      if (source !== parent || answer.name !== name) {
        return;
      }
      window.removeEventListener('message', onMessage);
      if (typeof answer.content === 'string') {
        resolve(answer.content);
      } else {
        reject(new Error(`The page has no ${name}.`));
      }
    };
    window.addEventListener('message', onMessage);
    parent.postMessage({ workbench: 'block', name } satisfies PageMessage, '*');
  });
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
