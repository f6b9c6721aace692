import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import {
  ICommandPalette,
  InputDialog,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator } from '@jupyterlab/translation';
import { codeOfLink } from '../code-link';
import { courseIcon } from '../icons';
import { interfaceLanguage, TRANSLATION_DOMAIN } from '../language';
import type { CodePanel } from './code-panel';
import { CommandIDs } from './tokens';

const NAMESPACE = 'paddle-workbench-codes';

/**
 * Opens the page of a code, also for the links in outputs and widgets.
 */
export const codesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-workbench:codes',
  description: 'Explains the codes of findings and errors.',
  autoStart: true,
  requires: [IRenderMimeRegistry, ITranslator],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const { commands, serviceManager, shell } = app;
    const trans = translator.load(TRANSLATION_DOMAIN);
    const pages = new WidgetTracker<MainAreaWidget<CodePanel>>({
      namespace: NAMESPACE
    });

    const createPage = async (
      code: string
    ): Promise<MainAreaWidget<CodePanel>> => {
      const { CodePanel } = await import('./code-panel');
      const content = new CodePanel({
        code,
        connection: { serverSettings: serviceManager.serverSettings, trans },
        language: interfaceLanguage(translator),
        rendermime
      });
      const widget = new MainAreaWidget({ content });
      widget.id = `${NAMESPACE}-${code}`;
      widget.title.icon = courseIcon;
      widget.title.label = code;
      widget.title.closable = true;
      return widget;
    };

    commands.addCommand(CommandIDs.explainCode, {
      label: trans.__('Explain a Code…'),
      caption: trans.__(
        'Show the page of a finding or error: its cause, an example and its repair'
      ),
      execute: async args => {
        const code =
          typeof args.code === 'string'
            ? args.code
            : await askForCode(trans.__('Code, such as PW-X204'));
        if (!code) {
          return;
        }
        let widget = pages.find(({ content }) => content.code === code);
        if (!widget) {
          widget = await createPage(code);
          shell.add(widget, 'main');
          await pages.add(widget);
        }
        shell.activateById(widget.id);
      },
      describedBy: {
        args: { type: 'object', properties: { code: { type: 'string' } } }
      }
    });
    palette?.addItem({
      command: CommandIDs.explainCode,
      category: trans.__('Paddle Workbench')
    });
    void restorer?.restore(pages, {
      command: CommandIDs.explainCode,
      args: ({ content }) => ({ code: content.code }),
      name: ({ content }) => content.code
    });

    // Links in outputs and widgets lead to the server's own page; here a tab is better.
    document.addEventListener('click', event => {
      const link =
        event.target instanceof Element ? event.target.closest('a') : null;
      const code = link?.href ? codeOfLink(link) : null;
      if (code && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        void commands.execute(CommandIDs.explainCode, { code });
      }
    });
  }
};

async function askForCode(title: string): Promise<string> {
  const { value } = await InputDialog.getText({ title });
  return value?.trim().toUpperCase() ?? '';
}
