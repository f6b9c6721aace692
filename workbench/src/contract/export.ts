/* Made from paddle_workbench/contract/ by `make build`; do not edit. */
import type {
  BundleRecord,
  ExportFinding,
  Parity,
  TargetRecord
} from './bundle';
import type { ErrorMessage } from './model';

/**
 * A bundle, ready to be displayed.
 */
export interface BundlePicture {
  /**
   * The folder or the zip file in the contents API.
   */
  path: string;
  /**
   * Whether it is a zip file, which is not changed.
   */
  is_packed: boolean;
  record: BundleRecord;
  /**
   * What is not as the record says; null if every file is unchanged.
   */
  problem: ErrorMessage | null;
  targets: BundleTarget[];
}

/**
 * A bundle to show.
 */
export interface BundleRequest {
  /**
   * Its folder, its `bundle.json` or its zip file in the contents API.
   */
  path: string;
}

/**
 * A target, as far as a bundle has got with it.
 */
export interface BundleTarget {
  name: string;
  title: string;
  exported: TargetRecord | null;
  /**
   * The file of the bundle that contains its program; empty if there is none that the workbench can show.
   */
  program: string;
}

/**
 * What a preflight or an export found.
 */
export interface ExportReport {
  target: string;
  /**
   * Of the bundle; another one at the same path makes the report obsolete.
   */
  bundle_created_at: string;
  is_accepted: boolean;
  /**
   * Errors first.
   */
  findings: ExportFinding[];
  parity: Parity | null;
  /**
   * The paths in the contents API of files that findings name.
   */
  sources: {
    [k: string]: string;
  };
}

/**
 * A target to check or to export to.
 */
export interface ExportRequest {
  /**
   * The bundle, as in `BundleRequest`.
   */
  path: string;
  target: string;
}

/**
 * The page of a bundle without the bundle.
 */
export interface PageShell {
  schema_version: number;
  document: string;
  runtime: string;
}
