/**
 * The commands of saved programs.
 */
export namespace CommandIDs {
  export const compare = 'paddle-workbench:compare-program';
}

/** The name of the viewer among those that open a file. */
export const FACTORY = 'Paddle Program';
