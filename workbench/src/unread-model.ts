import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { TextModelFactory } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';

/** The name of documents of which the browser fetches nothing. */
export const UNREAD = 'paddle-workbench:unread';

/**
 * A document of which the browser fetches nothing: the server or a kernel reads it.
 */
class UnreadModelFactory extends TextModelFactory {
  override get name(): string {
    return UNREAD;
  }

  override get fileFormat(): Contents.FileFormat {
    return null;
  }
}

/** Let documents be opened unread, if they cannot be yet. */
export function addUnreadModel(registry: DocumentRegistry): void {
  for (const { name } of registry.modelFactories()) {
    if (name === UNREAD) {
      return;
    }
  }
  registry.addModelFactory(new UnreadModelFactory());
}
