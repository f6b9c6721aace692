import type {
  BenchLoad,
  BenchRun,
  BenchSettings,
  LoadMoment,
  LoadRun
} from '../../../../src/contract/load';
import type { ITraits } from '../base/model';

export type { BenchLoad, BenchSettings, LoadMoment };

/** A run as the widget sends it. */
export type BenchRow = Omit<BenchRun, 'result'> & {
  readonly result: Omit<LoadRun, 'seconds'>;
};

/** How far the run is that goes on; empty before its first second has ended. */
export interface IBenchProgress {
  readonly elapsed_s?: number;
  readonly duration_s?: number;
  readonly scheduled?: number;
  readonly answered?: number;
  readonly failed?: number;
}

export type BenchState = 'idle' | 'starting' | 'running' | 'stopping';

export interface IBenchTraits extends ITraits {
  title: string;
  load: BenchLoad;
  settings: BenchSettings;
  limits: Readonly<Record<string, readonly [number, number]>>;
  state: BenchState;
  failure: string;
  _progress: IBenchProgress;
  _moments: readonly LoadMoment[];
  _rows: readonly BenchRow[];
  removed: number;
  hidden: readonly number[];
}

/** What the kernel is asked for. */
export type BenchRequest =
  | {
      readonly do: 'run';
      readonly load: BenchLoad;
      readonly settings: Partial<BenchSettings>;
    }
  | { readonly do: 'repeat' | 'remove'; readonly number: number }
  | { readonly do: 'stop' | 'restore' };
