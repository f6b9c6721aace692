/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

export type * from './bundle';
export type * from './checks';
export type * from './codes';
export type * from './compression';
export type * from './course';
export type * from './environment';
export type * from './export';
export type * from './jobs';
export type * from './ledger';
export type * from './load';
export type * from './model';
export type * from './outputs';
export type * from './page';
export type * from './program';
export type * from './quantization';
export type * from './recipe';
export type * from './run_requests';
export type * from './runs';
export type * from './serving';
