import type { Language } from './translation';

/** What every widget of the workbench has. */
export interface ITraits {
  lang: Language;
}

/** What Jupyter calls with the messages that the kernel sends while it handles a request. */
export interface ICallbacks {
  readonly shell: {
    reply(message: { readonly content: { status?: string } }): void;
  };
  readonly iopub: {
    status(message: { readonly content: { execution_state?: string } }): void;
  };
}

/**
 * The side of a widget's traits that anywidget gives to the browser.
 */
export interface IModel<Traits extends ITraits> {
  get<Name extends keyof Traits>(name: Name): Traits[Name];
  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void;
  save_changes(): void;
  /** Send the kernel a message of its own: unlike traits, none takes the place of another. */
  send(content: unknown, callbacks?: ICallbacks): void;
  on(event: string, handler: (content?: unknown) => void): void;
  off(event: string, handler: (content?: unknown) => void): void;
  /** Only in notebooks: elsewhere the widget's host looks after the kernel. */
  readonly widget_manager?: unknown;
}
