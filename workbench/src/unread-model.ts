import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { TextModelFactory } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';

/** The name of the model of documents whose content the browser does not fetch. */
export const UNREAD = 'paddle-workbench:unread';

/**
 * A document whose content the browser does not fetch: the server or a kernel reads it.
 */
class UnreadModelFactory extends TextModelFactory {
  override get name(): string {
    return UNREAD;
  }

  override get fileFormat(): Contents.FileFormat {
    return null;
  }
}

/** Register the model for unread documents unless it is registered. */
export function addUnreadModel(registry: DocumentRegistry): void {
  for (const { name } of registry.modelFactories()) {
    if (name === UNREAD) {
      return;
    }
  }
  registry.addModelFactory(new UnreadModelFactory());
}
