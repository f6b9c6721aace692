import { InputDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import type { CommandRegistry } from '@lumino/commands';
import { describeFailure } from '../failure';
import type { IConnection } from '../request';
import { request } from '../request';
import { documentOf, nameOf } from './bundle-path';
import { CommandIDs, FACTORY, RECORD } from './tokens';

interface IBundleCommandsOptions {
  readonly commands: CommandRegistry;
  readonly connection: IConnection;
  readonly documents: IDocumentManager;
  readonly fileBrowsers: IFileBrowserFactory | null;
}

/** Register the command that opens a bundle to export it. */
export function addBundleCommands(options: IBundleCommandsOptions): void {
  const { commands, connection, fileBrowsers } = options;
  const { trans } = connection;
  const selected = (): string | undefined => {
    const items = fileBrowsers?.tracker.currentWidget?.selectedItems() ?? [];
    const [item, another] = [...items];
    return item && !another && maybeBundle(item) ? item.path : undefined;
  };
  commands.addCommand(CommandIDs.exportBundle, {
    label: trans.__('Export Bundle…'),
    caption: trans.__(
      'Show a bundle and its targets, and export it to one of them'
    ),
    // Folders look alike in the file browser; only the server knows which is a bundle.
    isVisible: args => args.isPalette === true || selected() !== undefined,
    execute: async args => {
      const path =
        (typeof args.path === 'string' ? args.path : selected()) ??
        (await ask(connection));
      if (path !== undefined) {
        await open(options, path);
      }
    },
    describedBy: {
      args: {
        type: 'object',
        properties: {
          path: {
            type: 'string',
            description: trans.__('Path of the bundle’s folder or zip file')
          },
          isPalette: {
            type: 'boolean',
            description: trans.__('Whether to show it without a selection')
          }
        }
      }
    }
  });
}

function maybeBundle({ path, type }: Contents.IModel): boolean {
  const name = nameOf(path);
  return (
    type === 'directory' ||
    name === RECORD ||
    name.toLowerCase().endsWith('.zip')
  );
}

async function ask({ trans }: IConnection): Promise<string | undefined> {
  const { value } = await InputDialog.getText({
    title: trans.__('Export Bundle'),
    label: trans.__('Path of the bundle’s folder or zip file')
  });
  return value === null || value.trim() === '' ? undefined : value.trim();
}

/** Open a bundle in a tab, or say why it is not one. */
async function open(
  { connection, documents }: IBundleCommandsOptions,
  path: string
): Promise<void> {
  const { contents } = documents.services;
  const document = documentOf(path);
  try {
    await contents.get(document, { content: false });
  } catch {
    const { message, hint } = await reason(connection, path);
    await showErrorMessage(
      connection.trans.__('Export Bundle'),
      hint === '' ? message : `${message}\n\n${hint}`
    );
    return;
  }
  documents.openOrReveal(document, FACTORY);
}

/** Ask the server why a path is not a bundle. */
async function reason(
  connection: IConnection,
  path: string
): Promise<{ message: string; hint: string }> {
  const { trans } = connection;
  try {
    await request(connection, 'export/bundle', {
      method: 'POST',
      body: { path }
    });
  } catch (error) {
    return describeFailure(error, trans);
  }
  return describeFailure(trans.__('The file cannot be opened.'), trans);
}
