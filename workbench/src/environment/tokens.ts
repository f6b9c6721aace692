/**
 * The commands of the environment.
 */
export namespace CommandIDs {
  export const openDoctor = 'paddle-workbench:open-doctor';
}
