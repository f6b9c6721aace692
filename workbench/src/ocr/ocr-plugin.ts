import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { ITranslator } from '@jupyterlab/translation';
import { courseIcon } from '../icons';
import { interfaceLanguage, TRANSLATION_DOMAIN } from '../language';
import { addUnreadModel, UNREAD } from '../unread-model';
import { DeskDocumentFactory } from './desk-document-factory';
import type { DeskPanel } from './desk-panel';
import { FACTORY, FILE_TYPES } from './tokens';

/**
 * Opens pictures and PDFs on the OCR desk, on request.
 */
export const ocrPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:ocr',
  description: 'Opens pictures and PDFs on the OCR desk.',
  autoStart: true,
  requires: [ITranslator],
  optional: [ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator,
    restorer: ILayoutRestorer | null
  ): void => {
    const { docRegistry, serviceManager } = app;
    const trans = translator.load(TRANSLATION_DOMAIN);
    const desks = new WidgetTracker<DocumentWidget<DeskPanel>>({
      namespace: 'paddle-desk'
    });
    addUnreadModel(docRegistry);
    const factory = new DeskDocumentFactory(
      {
        name: FACTORY,
        label: trans.__('OCR Desk'),
        modelName: UNREAD,
        fileTypes: [...FILE_TYPES],
        readOnly: true
      },
      {
        contents: serviceManager.contents,
        language: interfaceLanguage(translator),
        sessions: serviceManager.sessions,
        trans
      }
    );
    factory.widgetCreated.connect((_, widget) => {
      widget.title.icon = courseIcon;
      void desks.add(widget);
    });
    docRegistry.addWidgetFactory(factory);
    void restorer?.restore(desks, {
      command: 'docmanager:open',
      args: ({ context }) => ({ path: context.path, factory: FACTORY }),
      name: ({ context }) => context.path
    });
  }
};
