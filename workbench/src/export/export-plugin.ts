import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { courseIcon } from '../icons';
import { IJobs } from '../jobs/tokens';
import { interfaceLanguage, TRANSLATION_DOMAIN } from '../language';
import { CommandIDs as ProgramCommands } from '../program/tokens';
import { addUnreadModel, UNREAD } from '../unread-model';
import { addBundleCommands } from './bundle-commands';
import { BundleDocumentFactory } from './bundle-document-factory';
import type { BundlePanel } from './bundle-panel';
import { openLine } from './open-line';
import { CommandIDs, FACTORY } from './tokens';

const FILE_TYPE = 'paddle-bundle';
const MENU_RANK = 12;

/**
 * Shows bundles, and exports them.
 */
export const exportPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:export',
  description: 'Shows bundles, and checks and exports them to other runtimes.',
  autoStart: true,
  requires: [IDocumentManager, IJobs, ITranslator],
  optional: [ICommandPalette, IFileBrowserFactory, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    jobs: IJobs,
    translator: ITranslator,
    palette: ICommandPalette | null,
    fileBrowsers: IFileBrowserFactory | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const { commands, contextMenu, docRegistry, serviceManager } = app;
    const trans = translator.load(TRANSLATION_DOMAIN);
    const connection = { serverSettings: serviceManager.serverSettings, trans };
    const bundles = new WidgetTracker<DocumentWidget<BundlePanel>>({
      namespace: FILE_TYPE
    });
    docRegistry.addFileType({
      name: FILE_TYPE,
      displayName: trans.__('Bundle'),
      extensions: ['.bundle.zip'],
      pattern: '^bundle\\.json$',
      fileFormat: 'base64',
      icon: courseIcon
    });
    addUnreadModel(docRegistry);
    const factory = new BundleDocumentFactory(
      {
        name: FACTORY,
        label: trans.__('Paddle Bundle'),
        modelName: UNREAD,
        fileTypes: [FILE_TYPE],
        defaultFor: [FILE_TYPE],
        readOnly: true
      },
      {
        connection,
        jobs,
        language: interfaceLanguage(translator),
        onCompare: (before, after) => {
          void commands.execute(ProgramCommands.compare, { before, after });
        },
        onOpenLine: (path, line) => {
          void openLine({ commands, documents, line, path });
        }
      }
    );
    factory.widgetCreated.connect((_, widget) => {
      widget.title.icon = courseIcon;
      void bundles.add(widget);
    });
    docRegistry.addWidgetFactory(factory);
    void restorer?.restore(bundles, {
      command: 'docmanager:open',
      args: ({ context }) => ({ path: context.path, factory: FACTORY }),
      name: ({ context }) => context.path
    });
    addBundleCommands({ commands, connection, documents, fileBrowsers });
    contextMenu.addItem({
      command: CommandIDs.exportBundle,
      rank: MENU_RANK,
      selector: '.jp-DirListing-item[data-isdir]'
    });
    palette?.addItem({
      command: CommandIDs.exportBundle,
      args: { isPalette: true },
      category: trans.__('Paddle Workbench')
    });
  }
};
