import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { FileDialog } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator } from '@jupyterlab/translation';
import { ICourse } from '../course/tokens';
import { IJobs } from '../jobs/tokens';
import { TRANSLATION_DOMAIN } from '../language';
import { translateSchema } from '../schema-translation';
import { OutputOffers } from './output-offers';
import { RunActions } from './run-actions';
import { RunButtonExtension } from './run-button-extension';
import { addRunCommands } from './run-commands';
import type { IFormCallbacks } from './run-form-view';
import { RunFormModel } from './run-form-model';
import { RunNotebooks } from './run-notebooks';
import { addRunTabs } from './run-tabs';
import { RunsClient } from './runs-client';
import { RunsModel } from './runs-model';
import { RunsPanel } from './runs-panel';
import { RunsSelection } from './runs-selection';
import type { IRunsCallbacks } from './runs-view';
import { CommandIDs } from './tokens';

const PANEL_RANK = 110;

/**
 * Runs of notebooks: a form that starts them, and a list that follows them.
 */
export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:runs',
  description: 'Runs notebooks as experiments, and shows and compares runs.',
  autoStart: true,
  requires: [IDocumentManager, IJobs, INotebookTracker, ITranslator],
  optional: [
    ICommandPalette,
    ICourse,
    ILayoutRestorer,
    ISettingRegistry,
    IStateDB
  ],
  activate: (
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    jobs: IJobs,
    tracker: INotebookTracker,
    translator: ITranslator,
    palette: ICommandPalette | null,
    course: ICourse | null,
    restorer: ILayoutRestorer | null,
    registry: ISettingRegistry | null,
    state: IStateDB | null
  ): void => {
    const { commands, docRegistry, serviceManager, shell } = app;
    const { contents, serverSettings } = serviceManager;
    const trans = translator.load(TRANSLATION_DOMAIN);
    registry?.transform(runsPlugin.id, {
      fetch: plugin => ({
        ...plugin,
        schema: translateSchema(plugin.schema, trans)
      })
    });
    const client = new RunsClient({ serverSettings, trans });
    const model = new RunsModel({ client, jobs, trans });
    const selection = new RunsSelection();
    const notebooks = new RunNotebooks({
      course: course?.model ?? null,
      notebooks: tracker
    });
    const form = new RunFormModel({
      client,
      content: path => notebooks.content(path),
      trans
    });
    const actions = new RunActions({
      client,
      contents,
      documents,
      model,
      notebooks,
      trans
    });
    const offers = new OutputOffers({
      model,
      notebooks,
      onShow: (id, path) => {
        void actions.showOutputs(id, path);
      },
      onShowRun: id => {
        void commands.execute(CommandIDs.openRuns, { run: id });
      },
      state,
      trans
    });

    const on: IRunsCallbacks = {
      cancel: ids => {
        void actions.cancel(ids);
      },
      close: () => {
        selection.show(null);
      },
      compare: ids => {
        void commands.execute(CommandIDs.compareRuns, { runs: [...ids] });
      },
      create: () => {
        void commands.execute(CommandIDs.createRun);
      },
      delete: ids => {
        void actions.delete(ids);
        selection.clear();
      },
      deselect: () => {
        selection.clear();
      },
      dismissDeleted: () => {
        model.dismissDeleted();
      },
      openGroup: group => {
        void commands.execute(CommandIDs.openRunGroup, { group });
      },
      openNotebook: run => {
        void commands.execute(CommandIDs.openRunNotebook, { run });
      },
      openReport: run => {
        void commands.execute(CommandIDs.openRunReport, { run });
      },
      reload: () => {
        void model.refresh();
      },
      rerun: ids => {
        void actions.rerun(ids);
        selection.clear();
      },
      restore: () => {
        void actions.restore();
      },
      resume: (id, cell) => {
        void actions.resume(id, cell);
      },
      resumeForm: id => actions.resumeForm(id),
      show: key => {
        selection.show(key);
      },
      showOutputs: run => {
        void commands.execute(CommandIDs.showRunOutputs, { run });
      },
      toggle: ids => {
        selection.toggle(ids);
      }
    };
    const formCallbacks: IFormCallbacks = {
      browse: () => {
        void browse();
      },
      cancel: () => {
        form.clear();
        selection.create(false);
      },
      choose: key => {
        void choose(key);
      },
      reload: () => {
        void form.reload();
      },
      reset: name => {
        form.reset(name);
      },
      set: (name, text) => {
        form.set(name, text);
      },
      setOption: options => {
        form.setOptions(options);
      },
      setSweep: (name, isSweep) => {
        form.setSweep(name, isSweep);
      },
      start: () => {
        void start();
      }
    };
    const choose = async (key: string): Promise<void> => {
      if (key !== '') {
        await form.choose(await notebooks.pathOf(key));
      }
    };
    const browse = async (): Promise<void> => {
      const { value } = await FileDialog.getOpenFiles({
        manager: documents,
        title: trans.__('Notebook to run'),
        filter: file => (file.type === 'notebook' ? {} : null)
      });
      const [file] = value ?? [];
      if (file) {
        await form.choose(file.path);
      }
    };
    const start = async (): Promise<void> => {
      const path = form.path;
      const started = await form.start();
      if (started) {
        // The list shows the runs of a sweep.
        if (path !== null && started.count === 1 && notebooks.model(path)) {
          offers.add(started.ids, path);
        }
        selection.create(false);
        await model.refresh();
      }
    };

    const panel = new RunsPanel({
      form,
      formCallbacks,
      model,
      notebooks,
      on,
      selection,
      trans
    });
    shell.add(panel, 'left', { rank: PANEL_RANK });
    restorer?.add(panel, panel.id);
    addRunCommands({
      actions,
      commands,
      form,
      model,
      notebooks,
      selection,
      showPanel: () => {
        shell.activateById(panel.id);
      },
      trans
    });
    addRunTabs({ client, commands, model, restorer, shell, trans });
    docRegistry.addWidgetExtension(
      'Notebook',
      new RunButtonExtension(commands)
    );
    tracker.currentChanged.connect(() => {
      commands.notifyCommandChanged(CommandIDs.runAsExperiment);
    });
    const category = trans.__('Paddle Workbench');
    for (const command of [
      CommandIDs.openRuns,
      CommandIDs.createRun,
      CommandIDs.runAsExperiment
    ]) {
      palette?.addItem({ command, category });
    }
    void offers.restore();
  }
};
