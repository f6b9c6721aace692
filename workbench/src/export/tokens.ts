/**
 * The commands of bundles.
 */
export namespace CommandIDs {
  export const exportBundle = 'paddle-workbench:export-bundle';
}

/** The name of the panel in “Open With”. */
export const FACTORY = 'Paddle Bundle';

/** The file that makes a folder a bundle. */
export const RECORD = 'bundle.json';
