import type { BundlePage, PageExample } from '../../../../src/contract/page';
import { compare } from './difference';
import { Network } from './network';
import { readBlock, samplesOf } from './page-blocks';
import { decodePicture, fileOf } from './picture-file';
import type { IReference, IResult } from './result-view';
import { compareBoxes } from './same-boxes';
import { placements, postprocess, preprocess } from './steps';
import type { IBox, IPrediction } from './steps';
import type { ITensor } from './tensor';

/** What the page found out about its parity with Paddle. */
export interface IParity {
  /** For each sample that was run: its name and its difference. */
  readonly samples: readonly {
    readonly name: string;
    readonly difference: number;
    readonly isEqual: boolean;
  }[];
  /** Examples that were run, those with another result, and the largest gap in probability. */
  readonly examples: number;
  readonly otherResults: number;
  readonly largestGap: number;
  readonly isDone: boolean;
}

const NOTHING: IParity = {
  samples: [],
  examples: 0,
  otherResults: 0,
  largestGap: 0,
  isDone: false
};

/** Input of the page: a text, or a picture file; and which example it is. */
export interface IPageInput {
  readonly value: string | Blob;
  readonly example?: number;
}

export interface IPageListener {
  /** The network was opened, or there is another result or failure. */
  onResult(): void;
  /** There is more to say about the parity. */
  onParity(): void;
}

/**
 * The network of a page and what it has computed; knows nothing of the screen.
 */
export class PageModel {
  constructor(
    readonly page: BundlePage,
    private readonly _listener: IPageListener
  ) {}

  get isOpen(): boolean {
    return this._network !== undefined;
  }

  /** What failed. */
  failure: Error | undefined;
  input: IPageInput | undefined;
  result: IResult | undefined;
  parity: IParity = NOTHING;

  /** Open the network, run the input that was given by then, and compare with Paddle. */
  async open(): Promise<void> {
    this.failure = undefined;
    try {
      const [model, runtime] = await Promise.all([
        readBlock('pw-model'),
        readBlock('pw-runtime')
      ]);
      this._network = await Network.open(model, runtime);
    } catch (error) {
      this.failure = errorOf(error);
    }
    this._listener.onResult();
    if (this._network !== undefined) {
      await this._predict();
      await this._compare();
    }
  }

  /** Give an input; while the network runs on one, only the last one given waits. */
  give(input: IPageInput): void {
    this.input = input;
    if (this._network !== undefined) {
      void this._predict();
    }
  }

  giveExample(number: number): string | Blob {
    const example = this.page.examples[number];
    const value =
      example === undefined || example.picture === ''
        ? (example?.text ?? '')
        : fileOf(example.picture);
    this.give({ value, example: number });
    return value;
  }

  private async _predict(): Promise<void> {
    const { input } = this;
    if (input === undefined) {
      return;
    }
    if (typeof input.value === 'string' && input.value.trim() === '') {
      this.failure = undefined;
      this.result = undefined;
      this._listener.onResult();
      return;
    }
    let result: IResult | undefined;
    let failure: Error | undefined;
    try {
      result = await this._resultOf(input);
    } catch (error) {
      failure = errorOf(error);
    }
    if (input === this.input) {
      this.failure = failure;
      this.result = result;
      this._listener.onResult();
    }
  }

  private async _resultOf({ value, example }: IPageInput): Promise<IResult> {
    const { record, vocabularies } = this.page;
    const raw = typeof value === 'string' ? value : await decodePicture(value);
    const start = performance.now();
    const tensor = preprocess([raw], record.preprocessing, vocabularies);
    const outputs = await this._run([tensor]);
    const [prediction] = postprocess(
      outputs,
      record.postprocessing,
      record.labels,
      placements([raw], record.preprocessing)
    );
    if (prediction === undefined) {
      throw new Error('The network returned no result.');
    }
    const took_ms = performance.now() - start;
    const known =
      example === undefined ? undefined : this.page.examples[example];
    return {
      prediction,
      took_ms,
      ...(known !== undefined && { reference: referenceOf(known) }),
      ...(typeof value !== 'string' &&
        typeof raw !== 'string' && {
          picture: { file: value, width: raw.width, height: raw.height }
        })
    };
  }

  /** Run one after the other: the runtime refuses a second run at the same time. */
  private _run(inputs: readonly ITensor[]): Promise<ITensor[]> {
    const { record } = this.page;
    const run = this._last.then(async () => {
      // Between two runs the page can be used.
      await new Promise(resolve => {
        setTimeout(resolve);
      });
      const network = this._network;
      const ordered = network?.inputs.flatMap(name => {
        const place = record.inputs.findIndex(each => each.name === name);
        return inputs[place] ?? [];
      });
      return (await network?.run(ordered ?? [])) ?? [];
    });
    this._last = run.catch(() => []);
    return run;
  }

  private async _compare(): Promise<void> {
    const { page } = this;
    this.parity = NOTHING;
    const dtypes = page.record.outputs.map(output => output.dtype);
    try {
      const block = await readBlock('pw-samples');
      for (const { name, inputs, outputs } of samplesOf(page, block)) {
        const results = await this._run(inputs);
        const difference = compare(results, outputs, dtypes, page.tolerance);
        this._add({
          samples: [
            ...this.parity.samples,
            {
              name,
              difference: difference.size,
              isEqual: difference.isEqual
            }
          ]
        });
      }
      for (const [number, example] of page.examples.entries()) {
        const value =
          example.picture === '' ? example.text : fileOf(example.picture);
        const { prediction } = await this._resultOf({ value, example: number });
        const { examples, largestGap, otherResults } = this.parity;
        const { isSame, gap } = compareResults(
          prediction,
          referenceOf(example)
        );
        this._add({
          examples: examples + 1,
          otherResults: otherResults + (isSame ? 0 : 1),
          largestGap: Math.max(largestGap, gap)
        });
      }
      this._add({ isDone: true });
    } catch (error) {
      this.failure = errorOf(error);
      this._listener.onResult();
    }
  }

  private _add(parity: Partial<IParity>): void {
    this.parity = { ...this.parity, ...parity };
    this._listener.onParity();
  }

  private _network: Network | undefined;
  private _last: Promise<unknown> = Promise.resolve();
}

function referenceOf({ label, score, boxes }: PageExample): IReference {
  return { label, score, boxes: boxes as readonly unknown[] as IBox[] };
}

/** Return whether a result is that of Paddle, and the largest gap in probability. */
function compareResults(
  { boxes, label, score }: IPrediction,
  reference: IReference
): { isSame: boolean; gap: number } {
  if (boxes === undefined) {
    const gap = Math.abs(score - reference.score);
    return { isSame: label === reference.label, gap };
  }
  const difference = compareBoxes(boxes, reference.boxes ?? []);
  return {
    isSame: difference.onlyFirst + difference.onlySecond === 0,
    gap: difference.score
  };
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
