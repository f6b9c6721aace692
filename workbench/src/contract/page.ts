/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type { BundleRecord, LabelledBox } from './bundle';

/**
 * What the output of a widget carries, so that its page runs without the kernel.
 *
 * It is data; the program that runs it comes from the installed workbench.
 */
export interface BundleOutput {
  schema_version: number;
  page: BundlePage;
  model: string;
  samples: string;
}

/**
 * What the HTML page of a bundle contains apart from the model and the runtime.
 */
export interface BundlePage {
  record: BundleRecord;
  language: ('zh' | 'en') | null;
  tolerance: number;
  runtime_version: string;
  model_bytes: number;
  vocabularies: {
    [k: string]: string[];
  };
  examples: PageExample[];
  samples: PageSample[];
  skipped_samples: number;
}

/**
 * An array of a sample; the bytes of all arrays follow each other in one block of the page.
 */
export interface PageArray {
  dtype: string;
  shape: number[];
  bytes: number;
}

/**
 * An example to choose on a page, with the result of Paddle Inference.
 */
export interface PageExample {
  text: string;
  picture: string;
  label: string;
  score: number;
  boxes: LabelledBox[];
}

/**
 * A sample that a page runs again.
 */
export interface PageSample {
  name: string;
  inputs: PageArray[];
  outputs: PageArray[];
}
