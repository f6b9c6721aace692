import type { ITranslation } from '../../../../src/translation';
import type { KernelGuard } from './kernel-guard';
import type { IModel, ITraits } from './model';
import type { Texts } from './translation';
import { WidgetTranslation } from './translation';

/** Events with which people and their assistive tools use a widget. */
const TOUCHES = [
  'pointerdown',
  'click',
  'keydown',
  'beforeinput',
  'input',
  'change'
] as const;

/**
 * What a widget gets to draw itself.
 */
export interface IDrawing<Traits extends ITraits> {
  readonly model: IModel<Traits>;
  readonly root: HTMLElement;
  readonly trans: ITranslation;
  /** Aborted when the drawing ends or its kernel is gone: give it to addEventListener. */
  readonly signal: AbortSignal;
  /** Call a handler whenever a trait changes, as long as the drawing lasts. */
  onChange(name: keyof Traits & string, handler: () => void): void;
}

/** Draws into `root`; may return what is to be done at the end. */
export type Draw<Traits extends ITraits> = (
  drawing: IDrawing<Traits>
) => (() => void) | undefined;

interface IDrawingOptions<Traits extends ITraits> {
  readonly chinese: Texts;
  readonly draw: Draw<Traits>;
  readonly el: HTMLElement;
  readonly guard: KernelGuard<Traits>;
}

/**
 * One drawing of a widget in its element, until its end.
 */
export class Drawing<Traits extends ITraits> {
  constructor(private readonly _options: IDrawingOptions<Traits>) {
    const { chinese, draw, el, guard } = _options;
    const { model } = guard;
    const { signal } = this._abort;
    const language = model.get('lang');
    this._trans = new WidgetTranslation(language, chinese);
    this._root.className = 'pw-Widget';
    this._root.lang = language === 'zh' ? 'zh-CN' : 'en';
    el.append(this._root);
    for (const name of TOUCHES) {
      this._root.addEventListener(name, this._onTouch, { capture: true });
    }
    try {
      this._finish = draw({
        model,
        root: this._root,
        trans: this._trans,
        signal,
        onChange: (name, handler) => {
          const event = `change:${name}`;
          model.on(event, handler);
          signal.addEventListener('abort', () => {
            model.off(event, handler);
          });
        }
      });
    } catch (error) {
      this._root.replaceChildren(failureBox(error));
    }
  }

  /** Leave a picture of the widget, which takes no input, and say why. */
  freeze(): void {
    this._abort.abort();
    for (const each of this._root.querySelectorAll('button, select')) {
      (each as HTMLButtonElement | HTMLSelectElement).disabled = true;
    }
    for (const each of this._root.querySelectorAll('input, textarea')) {
      // What was typed can still be copied.
      (each as HTMLInputElement | HTMLTextAreaElement).readOnly = true;
    }
    this._note.className = 'pw-Widget pw-Widget-failure';
    this._note.lang = this._root.lang;
    this._note.setAttribute('role', 'alert');
    this._note.textContent = this._trans.__(
      'The kernel of this widget has stopped or was restarted, so the widget no longer responds. To use it again, run the cells up to this one.'
    );
    this._root.before(this._note);
    this._note.scrollIntoView({ block: 'nearest' });
    // JupyterLab's extension may have something that needs no kernel (`src/twins`).
    this._root.dispatchEvent(new Event('pw-kernel-gone', { bubbles: true }));
  }

  end(): void {
    this._abort.abort();
    this._finish?.();
    this._note.remove();
    this._root.remove();
  }

  private readonly _onTouch = (event: Event): void => {
    const { guard } = this._options;
    if (event instanceof KeyboardEvent && isForPage(event)) {
      return;
    }
    if (guard.touch(event)) {
      return;
    }
    event.stopImmediatePropagation();
    if (event.type === 'beforeinput' || event.type === 'click') {
      event.preventDefault();
    }
  };

  private readonly _abort = new AbortController();
  private readonly _root = document.createElement('div');
  private readonly _note = document.createElement('div');
  private readonly _trans: ITranslation;
  private readonly _finish: (() => void) | undefined;
}

/** Whether a key goes through the page or is a shortcut, even over a widget that takes no input. */
function isForPage(event: KeyboardEvent): boolean {
  return (
    event.ctrlKey ||
    event.metaKey ||
    ['Tab', 'Shift', 'Control', 'Alt', 'Meta'].includes(event.key)
  );
}

/** A box that says in the widget's place why it cannot be drawn. */
function failureBox(error: unknown): HTMLElement {
  const box = document.createElement('div');
  box.className = 'pw-Widget-failure';
  box.setAttribute('role', 'alert');
  box.textContent = error instanceof Error ? error.message : String(error);
  return box;
}
