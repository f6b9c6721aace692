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
import { GOODS_DESK, OCR_DESK } from './tokens';

/**
 * Opens pictures and PDFs on the OCR desk, and pictures and COCO files on the goods desk, on request.
 */
export const ocrPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:ocr',
  description:
    'Opens pictures and PDFs on the OCR desk, and pictures and COCO files on the goods desk.',
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
    addUnreadModel(docRegistry);
    for (const [kind, label, namespace] of [
      [OCR_DESK, trans.__('OCR Desk'), 'paddle-desk'],
      [GOODS_DESK, trans.__('Goods Desk'), 'paddle-goods-desk']
    ] as const) {
      const desks = new WidgetTracker<DocumentWidget<DeskPanel>>({ namespace });
      const factory = new DeskDocumentFactory(
        {
          name: kind.factory,
          label,
          modelName: UNREAD,
          fileTypes: [...kind.fileTypes],
          readOnly: true
        },
        {
          contents: serviceManager.contents,
          kind,
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
        args: ({ context }) => ({
          path: context.path,
          factory: kind.factory
        }),
        name: ({ context }) => context.path
      });
    }
  }
};
