import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';
import { runsIcon } from '../icons';
import type { RunActions } from './run-actions';
import type { RunFormModel } from './run-form-model';
import type { RunNotebooks } from './run-notebooks';
import type { RunsModel } from './runs-model';
import type { RunsSelection } from './runs-selection';
import { CommandIDs } from './tokens';

interface IRunCommandsOptions {
  actions: RunActions;
  commands: JupyterFrontEnd['commands'];
  form: RunFormModel;
  model: RunsModel;
  notebooks: RunNotebooks;
  selection: RunsSelection;
  /** Bring the panel to the front. */
  showPanel: () => void;
  trans: TranslationBundle;
}

/**
 * Register the commands of the panel.
 */
export function addRunCommands(options: IRunCommandsOptions): IDisposable {
  const { actions, commands, form, model, notebooks, selection, trans } =
    options;
  const runArgument = {
    type: 'string',
    description: trans.__('The id of the run')
  };
  const runOf = (args: ReadonlyPartialJSONObject): string | null =>
    typeof args.run === 'string' ? args.run : null;
  const create = async (path: string | null): Promise<void> => {
    selection.create(true);
    options.showPanel();
    await model.load();
    if (path !== null && path !== form.path) {
      await form.choose(path);
    } else if (path !== null) {
      await form.reload();
    }
  };

  const added = new DisposableSet();

  added.add(
    commands.addCommand(CommandIDs.openRuns, {
      label: trans.__('Show the Runs'),
      caption: trans.__('Show running, queued and finished runs of notebooks'),
      execute: args => {
        const run = runOf(args);
        if (run !== null) {
          selection.show(run);
        }
        options.showPanel();
      },
      describedBy: {
        args: { type: 'object', properties: { run: runArgument } }
      }
    })
  );

  added.add(
    commands.addCommand(CommandIDs.createRun, {
      label: trans.__('New Run…'),
      caption: trans.__('Choose a notebook and parameters, and run it'),
      execute: async args => {
        await create(
          typeof args.path === 'string' ? args.path : notebooks.current
        );
      },
      describedBy: {
        args: {
          type: 'object',
          properties: {
            path: {
              type: 'string',
              description: trans.__(
                'The path of the notebook; by default, the notebook in front'
              )
            }
          }
        }
      }
    })
  );

  added.add(
    commands.addCommand(CommandIDs.runAsExperiment, {
      label: trans.__('Run as Experiment…'),
      caption: trans.__(
        'Run as experiment: the notebook as it is now, in the background, with parameters you choose'
      ),
      icon: runsIcon,
      isEnabled: () => notebooks.current !== null,
      execute: async () => {
        await create(notebooks.current);
      },
      describedBy: { args: { type: 'object', properties: {} } }
    })
  );

  added.add(
    commands.addCommand(CommandIDs.openRunNotebook, {
      label: trans.__('Open the Notebook of a Run'),
      caption: trans.__('Show the executed notebook with its outputs'),
      isEnabled: args => runOf(args) !== null,
      execute: async args => {
        const run = runOf(args);
        if (run !== null) {
          await actions.openNotebook(run);
        }
      },
      describedBy: {
        args: {
          type: 'object',
          required: ['run'],
          properties: { run: runArgument }
        }
      }
    })
  );

  added.add(
    commands.addCommand(CommandIDs.showRunOutputs, {
      label: trans.__('Show the Outputs of a Run in Its Notebook'),
      caption: trans.__(
        'Put the outputs into the open notebook, where cells are unchanged'
      ),
      isEnabled: args => runOf(args) !== null,
      execute: async args => {
        const run = runOf(args);
        const recorded = run === null ? null : model.run(run)?.run.notebook;
        const path =
          typeof args.path === 'string'
            ? args.path
            : notebooks.openPath(recorded ?? '');
        if (run !== null && path !== null) {
          await actions.showOutputs(run, path);
        }
      },
      describedBy: {
        args: {
          type: 'object',
          required: ['run'],
          properties: {
            run: runArgument,
            path: {
              type: 'string',
              description: trans.__(
                'The path of the open notebook; by default, that of the run'
              )
            }
          }
        }
      }
    })
  );

  return added;
}
