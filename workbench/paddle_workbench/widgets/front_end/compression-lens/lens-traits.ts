import type {
  CompressionTry,
  LayerReport,
  LayerSettings
} from '../../../../src/contract/compression';
import type { ITraits } from '../base/model';

/** Of a layer that is not quantised. */
export const FULL_BITS = 32;

/** What is done to layers, by name; the others are unchanged. */
export type Settings = Readonly<Record<string, LayerSettings>>;

/** What a try is paid with. */
export type Cost = 'size' | 'latency';

/** What is asked of the kernel, by `CompressionLens._on_request`. */
export interface ILensRequest {
  readonly do: 'measure' | 'cancel' | 'keep';
  /** Those of the trait may still be on their way. */
  readonly settings: Settings;
}

/** The traits of `CompressionLens`. */
export interface ICompressionTraits extends ITraits {
  title: string;
  layers: readonly LayerReport[];
  /** The first is the network without a change. */
  tries: readonly CompressionTry[];
  baseline: string;
  settings: Settings;
  layer: string;
  figures_bits: number;
  sort_by: string;
  descending: boolean;
  cost: Cost;
  can_measure: boolean;
  state: 'idle' | 'measuring' | 'cancelling';
  progress: number;
  stage: string;
  failure: string;
}
