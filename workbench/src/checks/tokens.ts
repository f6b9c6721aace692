/**
 * The commands of the checks.
 */
export namespace CommandIDs {
  export const checkLesson = 'paddle-workbench:check-lesson';
}
