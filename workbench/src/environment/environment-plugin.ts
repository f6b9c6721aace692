import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator } from '@jupyterlab/translation';
import { courseIcon } from '../icons';
import { IJobs } from '../jobs/tokens';
import { interfaceLanguage, TRANSLATION_DOMAIN } from '../language';
import type { DoctorPanel } from './doctor-panel';
import { KernelModel } from './kernel-model';
import { KernelStatus } from './kernel-status';
import { CommandIDs } from './tokens';

const DOCTOR_ID = 'paddle-workbench-doctor';
const STATUS_RANK = 2;

/**
 * Paddle in the status bar, and the doctor.
 */
export const environmentPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:environment',
  description: 'Shows the Paddle of the kernel, and examines the environment.',
  autoStart: true,
  requires: [IJobs, INotebookTracker, ITranslator],
  optional: [ICommandPalette, ILayoutRestorer, IStatusBar],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    notebooks: INotebookTracker,
    translator: ITranslator,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    statusBar: IStatusBar | null
  ): void => {
    const { commands, shell } = app;
    const trans = translator.load(TRANSLATION_DOMAIN);
    const doctors = new WidgetTracker<MainAreaWidget<DoctorPanel>>({
      namespace: DOCTOR_ID
    });

    const createDoctor = async (): Promise<MainAreaWidget<DoctorPanel>> => {
      const { DoctorModel } = await import('./doctor-model');
      const { DoctorPanel } = await import('./doctor-panel');
      const content = new DoctorPanel({
        language: interfaceLanguage(translator),
        model: new DoctorModel({ jobs, trans }),
        trans
      });
      const widget = new MainAreaWidget({ content });
      widget.id = DOCTOR_ID;
      widget.title.icon = courseIcon;
      widget.title.label = trans.__('Environment');
      widget.title.closable = true;
      return widget;
    };

    commands.addCommand(CommandIDs.openDoctor, {
      label: trans.__('Doctor: Examine the Environment'),
      caption: trans.__('Check that this machine is ready for the course'),
      execute: async () => {
        if (!doctors.currentWidget) {
          const doctor = await createDoctor();
          shell.add(doctor, 'main');
          await doctors.add(doctor);
        }
        shell.activateById(DOCTOR_ID);
      },
      describedBy: { args: { type: 'object', properties: {} } }
    });
    palette?.addItem({
      command: CommandIDs.openDoctor,
      category: trans.__('Paddle Workbench')
    });
    void restorer?.restore(doctors, {
      command: CommandIDs.openDoctor,
      name: () => 'doctor'
    });

    if (statusBar) {
      const model = new KernelModel(notebooks);
      const item = new KernelStatus({
        model,
        onOpen: () => {
          void commands.execute(CommandIDs.openDoctor);
        },
        trans
      });
      item.disposed.connect(() => {
        model.dispose();
      });
      statusBar.registerStatusItem('paddle-workbench:kernel', {
        item,
        align: 'left',
        rank: STATUS_RANK,
        isActive: () => model.report !== null,
        activeStateChanged: model.changed
      });
    }
  }
};
