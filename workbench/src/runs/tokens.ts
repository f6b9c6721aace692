/**
 * The commands of the runs.
 */
export namespace CommandIDs {
  export const openRuns = 'paddle-workbench:open-runs';
  export const createRun = 'paddle-workbench:create-run';
  export const runAsExperiment = 'paddle-workbench:run-as-experiment';
  export const openRunNotebook = 'paddle-workbench:open-run-notebook';
  export const openRunReport = 'paddle-workbench:open-run-report';
  export const openRunGroup = 'paddle-workbench:open-run-group';
  /** Only for the layout that is restored after a reload. */
  export const reopenRunTab = 'paddle-workbench:reopen-run-tab';
  export const compareRuns = 'paddle-workbench:compare-runs';
  export const showRunOutputs = 'paddle-workbench:show-run-outputs';
}
