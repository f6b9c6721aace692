import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import {
  IDocumentManager,
  IDocumentWidgetOpener
} from '@jupyterlab/docmanager';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { ITranslator } from '@jupyterlab/translation';
import { courseIcon } from '../icons';
import { interfaceLanguage, TRANSLATION_DOMAIN } from '../language';
import { addUnreadModel, UNREAD } from '../unread-model';
import { JsonPrograms } from './json-programs';
import { addCompareCommand } from './program-commands';
import { ProgramDocumentFactory } from './program-document-factory';
import type { ProgramPanel } from './program-panel';
import { createGraphWorker } from './scene/graph-worker';
import { CommandIDs, FACTORY } from './tokens';

const FILE_TYPE = 'paddle-program';

/**
 * Opens saved programs as graphs, alone or two side by side.
 */
export const programPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:program',
  description: 'Shows saved Paddle and ONNX programs as graphs.',
  autoStart: true,
  requires: [IDocumentManager, ITranslator],
  optional: [IDocumentWidgetOpener, ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    translator: ITranslator,
    opener: IDocumentWidgetOpener | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const { commands, docRegistry, serviceManager, shell } = app;
    const trans = translator.load(TRANSLATION_DOMAIN);
    const panel = {
      connection: { serverSettings: serviceManager.serverSettings, trans },
      createWorker: createGraphWorker,
      language: interfaceLanguage(translator)
    };
    const programs = new WidgetTracker<DocumentWidget<ProgramPanel>>({
      namespace: FILE_TYPE
    });
    docRegistry.addFileType({
      name: FILE_TYPE,
      displayName: trans.__('Saved program'),
      extensions: ['.pdmodel', '.onnx'],
      // Other programs write these names, too.
      pattern: '(^__model__|\\.(PDMODEL|ONNX))$',
      fileFormat: 'base64',
      icon: courseIcon
    });
    addUnreadModel(docRegistry);
    const factory = new ProgramDocumentFactory(
      {
        name: FACTORY,
        label: trans.__('Paddle Program'),
        modelName: UNREAD,
        fileTypes: [FILE_TYPE, 'json'],
        defaultFor: [FILE_TYPE],
        readOnly: true
      },
      panel
    );
    factory.widgetCreated.connect((_, widget) => {
      widget.title.icon = courseIcon;
      void programs.add(widget);
    });
    docRegistry.addWidgetFactory(factory);
    void restorer?.restore(programs, {
      command: 'docmanager:open',
      args: ({ context }) => ({ path: context.path, factory: FACTORY }),
      name: ({ context }) => context.path
    });
    if (opener) {
      new JsonPrograms(documents, opener, commands);
    }
    addCompareCommand({ commands, panel, programs, shell, trans });
    palette?.addItem({
      command: CommandIDs.compare,
      category: trans.__('Paddle Workbench')
    });
  }
};
