import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { IFrame, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';
import { runsIcon } from '../icons';
import { notebookName, runTitle } from './run-text';
import type { RunsClient } from './runs-client';
import type { RunsModel } from './runs-model';
import { CommandIDs } from './tokens';

const NAMESPACE = 'paddle-workbench-run-tabs';
const SHOWN_IN_TABS: readonly string[] = [
  CommandIDs.openRunReport,
  CommandIDs.compareRuns,
  CommandIDs.openRunGroup
];

interface IRunTabsOptions {
  client: RunsClient;
  commands: JupyterFrontEnd['commands'];
  model: RunsModel;
  restorer: ILayoutRestorer | null;
  shell: JupyterFrontEnd['shell'];
  trans: TranslationBundle;
}

/**
 * Register the commands that show reports, comparisons and sweeps in tabs.
 */
export function addRunTabs(options: IRunTabsOptions): void {
  const { client, commands, model, restorer, shell, trans } = options;
  const tabs = new WidgetTracker<MainAreaWidget>({ namespace: NAMESPACE });

  const show = async (
    command: string,
    args: ReadonlyPartialJSONObject,
    label: string,
    create: () => Promise<Widget> | Widget
  ): Promise<void> => {
    const id = `${NAMESPACE}-${JSON.stringify([command, args])}`;
    if (!tabs.find(each => each.id === id)) {
      const content = await create();
      const tab = new MainAreaWidget({ content });
      // JupyterLab calls every content “main area content”.
      content.node.setAttribute('aria-label', label);
      tab.id = id;
      tab.title.icon = runsIcon;
      tab.title.label = label;
      tab.title.closable = true;
      shell.add(tab, 'main');
      ARGUMENTS.set(tab, { command, args });
      await tabs.add(tab);
    }
    shell.activateById(id);
  };
  const nameOf = (id: string): string => {
    const status = model.run(id);
    return status ? runTitle(status.run) : id;
  };

  commands.addCommand(CommandIDs.openRunReport, {
    label: trans.__('Open the Report of a Run'),
    caption: trans.__('Show what was run, where, and what it gave'),
    isEnabled: args => typeof args.run === 'string',
    execute: async args => {
      const run = typeof args.run === 'string' ? args.run : '';
      await show(
        CommandIDs.openRunReport,
        { run },
        trans.__('Report: %1', nameOf(run)),
        () => {
          const frame = new IFrame({ sandbox: ['allow-scripts'] });
          frame.url = client.reportUrl(run);
          frame.node
            .querySelector('iframe')
            ?.setAttribute('title', trans.__('Report: %1', nameOf(run)));
          return frame;
        }
      );
    },
    describedBy: {
      args: {
        type: 'object',
        required: ['run'],
        properties: {
          run: { type: 'string', description: trans.__('The id of the run') }
        }
      }
    }
  });

  commands.addCommand(CommandIDs.compareRuns, {
    label: trans.__('Compare Runs'),
    caption: trans.__('Show what differs between runs'),
    isEnabled: args => Array.isArray(args.runs) && args.runs.length > 1,
    execute: async args => {
      const runs = (Array.isArray(args.runs) ? args.runs : []).map(String);
      await show(
        CommandIDs.compareRuns,
        { runs },
        trans.__('Compare %1 runs', runs.length),
        async () => {
          const { AnswerModel } = await import('./answer-model');
          const { ComparisonPanel } = await import('./comparison-panel');
          return new ComparisonPanel({
            model: new AnswerModel(() => client.compare(runs), trans),
            onOpen: id => {
              void commands.execute(CommandIDs.openRuns, { run: id });
            },
            trans
          });
        }
      );
    },
    describedBy: {
      args: {
        type: 'object',
        required: ['runs'],
        properties: {
          runs: {
            type: 'array',
            items: { type: 'string' },
            description: trans.__('The ids of the runs')
          }
        }
      }
    }
  });

  commands.addCommand(CommandIDs.openRunGroup, {
    label: trans.__('Open the Table of a Sweep'),
    caption: trans.__('Show mean and spread of each metric'),
    isEnabled: args => typeof args.group === 'string',
    execute: async args => {
      const group = typeof args.group === 'string' ? args.group : '';
      const member = model.runs.find(({ run }) => run.group?.id === group);
      const name = member ? notebookName(member.run.notebook) : group;
      await show(
        CommandIDs.openRunGroup,
        { group },
        trans.__('Sweep: %1', name),
        async () => {
          const { AnswerModel } = await import('./answer-model');
          const { GroupPanel } = await import('./group-panel');
          return new GroupPanel({
            model: new AnswerModel(() => client.group(group), trans),
            onOpen: id => {
              void commands.execute(CommandIDs.openRuns, { run: id });
            },
            runs: model,
            trans
          });
        }
      );
    },
    describedBy: {
      args: {
        type: 'object',
        required: ['group'],
        properties: {
          group: {
            type: 'string',
            description: trans.__('The id of the sweep')
          }
        }
      }
    }
  });

  void restorer?.restore(tabs, {
    command: CommandIDs.reopenRunTab,
    args: tab => ({ ...ARGUMENTS.get(tab) }),
    name: tab => tab.id
  });
  commands.addCommand(CommandIDs.reopenRunTab, {
    label: trans.__('Open a Tab of the Runs Again'),
    isVisible: () => false,
    execute: async ({ args, command }) => {
      if (typeof command === 'string' && SHOWN_IN_TABS.includes(command)) {
        await model.load();
        await commands.execute(command, args as ReadonlyPartialJSONObject);
      }
    },
    describedBy: {
      args: {
        type: 'object',
        properties: {
          command: {
            type: 'string',
            description: trans.__('The command that shows the tab')
          },
          args: {
            type: 'object',
            description: trans.__('The arguments of that command')
          }
        }
      }
    }
  });
}

/** How each tab is opened again. */
const ARGUMENTS = new WeakMap<
  Widget,
  { command: string; args: ReadonlyPartialJSONObject }
>();
