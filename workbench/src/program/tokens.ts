/**
 * The commands of saved programs.
 */
export namespace CommandIDs {
  export const compare = 'paddle-workbench:compare-program';
}

/** The name of the viewer in “Open With”. */
export const FACTORY = 'Paddle Program';
