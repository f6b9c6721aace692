/**
 * The commands of codes.
 */
export namespace CommandIDs {
  export const explainCode = 'paddle-workbench:explain-code';
}
