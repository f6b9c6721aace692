/** A part of a bundle's page that the page may lack, and then asks of the window around it. */
export type BlockName = 'pw-page' | 'pw-model' | 'pw-runtime' | 'pw-samples';

/** What the page in a frame sends. */
export type PageMessage =
  | { readonly workbench: 'block'; readonly name: BlockName }
  | { readonly workbench: 'height'; readonly height: number };

/** The answer to a request for a block; without content if the window does not have it either. */
export interface IBlockAnswer {
  readonly workbench: 'block';
  readonly name: BlockName;
  readonly content?: string;
}

/** Pixels: a page that needs more is scrolled, and one without an area would not be drawn. */
const TALLEST = 4000;
const SHORTEST = 200;

/** What a page may do: run its script, without the origin, the cookies and the windows of its host. */
export const SANDBOX = 'allow-scripts';

/**
 * Serve frames with pages of bundles: give them the blocks that they ask for, and their height.
 *
 * Sandboxed frames have no origin, so they are recognised by their windows.
 */
export function serveFrames(
  frames: () => Iterable<HTMLIFrameElement>,
  contentOf: (name: BlockName) => string | undefined,
  signal?: AbortSignal
): void {
  const onMessage = ({ data, source }: MessageEvent<unknown>): void => {
    const frame = [...frames()].find(
      each => source !== null && each.contentWindow === source
    );
    if (frame === undefined || typeof data !== 'object' || data === null) {
      return;
    }
    const message = data as Partial<PageMessage>;
    if (message.workbench === 'height') {
      const height = Math.ceil(Number(message.height)) || SHORTEST;
      frame.style.height = `${Math.min(TALLEST, Math.max(SHORTEST, height))}px`;
    } else if (message.workbench === 'block' && message.name !== undefined) {
      const { name } = message;
      const content = contentOf(name);
      const answer: IBlockAnswer =
        content === undefined
          ? { workbench: 'block', name }
          : { workbench: 'block', name, content };
      frame.contentWindow?.postMessage(answer, '*');
    }
  };
  window.addEventListener('message', onMessage, signal ? { signal } : {});
}
