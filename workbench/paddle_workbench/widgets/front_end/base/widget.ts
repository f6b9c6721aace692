import type { ITranslation, Language, Texts } from './translation';
import { WidgetTranslation } from './translation';

/** What every widget of the workbench has. */
export interface ITraits {
  lang: Language;
}

/**
 * The side of a widget's traits that anywidget gives to the browser.
 */
export interface IModel<Traits extends ITraits> {
  get<Name extends keyof Traits>(name: Name): Traits[Name];
  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void;
  save_changes(): void;
  /** Send the kernel a message of its own: unlike traits, none takes the place of another. */
  send(content: unknown): void;
  on(event: string, handler: () => void): void;
  off(event: string, handler: () => void): void;
}

/**
 * One drawing of a widget.
 */
export interface IDrawing<Traits extends ITraits> {
  readonly model: IModel<Traits>;
  readonly root: HTMLElement;
  readonly trans: ITranslation;
  /** Aborted when the drawing ends: give it to addEventListener. */
  readonly signal: AbortSignal;
  /** Call a handler whenever a trait changes, as long as the drawing lasts. */
  onChange(name: keyof Traits & string, handler: () => void): void;
}

/** Draws into `root`; may return what is to be done at the end. */
export type Draw<Traits extends ITraits> = (
  drawing: IDrawing<Traits>
) => (() => void) | undefined;

/** What anywidget calls. */
export interface IWidget<Traits extends ITraits> {
  render(context: { model: IModel<Traits>; el: HTMLElement }): () => void;
}

/**
 * Make what anywidget loads: a widget that is redrawn when its language changes, takes its
 * listeners back, and shows a failure in its own place.
 */
export function defineWidget<Traits extends ITraits>(
  chinese: Texts,
  draw: Draw<Traits>
): IWidget<Traits> {
  return {
    render({ model, el }) {
      let end = start(model, el, chinese, draw);
      const restart = (): void => {
        end();
        end = start(model, el, chinese, draw);
      };
      model.on('change:lang', restart);
      return () => {
        model.off('change:lang', restart);
        end();
      };
    }
  };
}

function start<Traits extends ITraits>(
  model: IModel<Traits>,
  el: HTMLElement,
  chinese: Texts,
  draw: Draw<Traits>
): () => void {
  const abort = new AbortController();
  const language = model.get('lang');
  const root = document.createElement('div');
  root.className = 'pw-Widget';
  root.lang = language === 'zh' ? 'zh-CN' : 'en';
  el.append(root);
  const trans = new WidgetTranslation(language, chinese);
  let finish: (() => void) | undefined;
  try {
    finish = draw({
      model,
      root,
      trans,
      signal: abort.signal,
      onChange: (name, handler) => {
        const event = `change:${name}`;
        model.on(event, handler);
        abort.signal.addEventListener('abort', () => {
          model.off(event, handler);
        });
      }
    });
  } catch (error) {
    root.replaceChildren(failureBox(error));
  }
  return () => {
    abort.abort();
    finish?.();
    root.remove();
  };
}

/** A box that says in the widget's place why it cannot be drawn. */
export function failureBox(error: unknown): HTMLElement {
  const box = document.createElement('div');
  box.className = 'pw-Widget-failure';
  box.setAttribute('role', 'alert');
  box.textContent = error instanceof Error ? error.message : String(error);
  return box;
}
