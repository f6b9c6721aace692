import type { ICallbacks, IModel, ITraits } from '../model';
import { defineWidget } from '../widget';

interface ICounted extends ITraits {
  count: number;
}

/** Traits kept in memory, with anywidget's events. */
class Traits implements IModel<ICounted> {
  constructor(private readonly _values: ICounted) {}

  get<Name extends keyof ICounted>(name: Name): ICounted[Name] {
    return this._values[name];
  }

  set<Name extends keyof ICounted>(name: Name, value: ICounted[Name]): void {
    this._values[name] = value;
    this.handlers.get(`change:${name}`)?.forEach(handler => {
      handler();
    });
  }

  save_changes(): void {
    // Nothing to tell: there is no kernel.
  }

  send(content: unknown, callbacks?: ICallbacks): void {
    this.kernel?.(content, callbacks);
  }

  /** What the kernel does with a message; without one there is no notebook either. */
  kernel?: (content: unknown, callbacks?: ICallbacks) => void;

  get widget_manager(): unknown {
    return this.kernel;
  }

  trigger(event: string, content: unknown): void {
    this.handlers.get(event)?.forEach(handler => {
      handler(content);
    });
  }

  on(event: string, handler: (content?: unknown) => void): void {
    const handlers = this.handlers.get(event) ?? new Set();
    this.handlers.set(event, handlers.add(handler));
  }

  off(event: string, handler: (content?: unknown) => void): void {
    this.handlers.get(event)?.delete(handler);
  }

  readonly handlers = new Map<string, Set<(content?: unknown) => void>>();
}

const widget = defineWidget<ICounted>(
  { 'Count: %1': '计数：%1' },
  ({ model, root, trans, onChange }) => {
    const show = (): void => {
      root.textContent = trans.__('Count: %1', model.get('count'));
    };
    onChange('count', show);
    show();
    return undefined;
  }
);

describe('a widget', () => {
  it('is drawn in its language, and again when that changes', () => {
    const model = new Traits({ lang: 'zh', count: 2 });
    const el = document.createElement('div');
    widget.render({ model, el });
    expect(el.textContent).toBe('计数：2');
    expect(el.querySelector('.pw-Widget')?.getAttribute('lang')).toBe('zh-CN');
    model.set('lang', 'en');
    expect(el.textContent).toBe('Count: 2');
    expect(el.children).toHaveLength(1);
  });

  it('follows its traits, and removes its listeners at the end', () => {
    const model = new Traits({ lang: 'en', count: 1 });
    const el = document.createElement('div');
    const end = widget.render({ model, el });
    model.set('count', 5);
    expect(el.textContent).toBe('Count: 5');
    end();
    expect(el.children).toHaveLength(0);
    const left = [...model.handlers.values()].map(handlers => handlers.size);
    expect(new Set(left)).toEqual(new Set([0]));
  });

  it('shows in its own place, as text, why it cannot be drawn', () => {
    const broken = defineWidget<ICounted>({}, () => {
      throw new Error('No <b>program</b>.');
    });
    const el = document.createElement('div');
    broken.render({ model: new Traits({ lang: 'en', count: 0 }), el });
    const alert = el.querySelector('[role=alert]');
    expect(alert?.textContent).toBe('No <b>program</b>.');
  });
});

const IDLE = { content: { execution_state: 'idle' } };
const GONE = /^The kernel of this widget has stopped or was restarted/;

interface ISent {
  readonly content: object;
  readonly callbacks: ICallbacks | undefined;
}

const field = defineWidget<ICounted>(
  {},
  ({ model, root, signal, onChange }) => {
    const input = document.createElement('input');
    const button = document.createElement('button');
    button.textContent = 'More';
    const show = (): void => {
      input.value = String(model.get('count'));
    };
    const save = (count: number): void => {
      model.set('count', count);
      model.save_changes();
    };
    input.addEventListener(
      'input',
      () => {
        save(Number(input.value));
      },
      { signal }
    );
    button.addEventListener(
      'click',
      () => {
        save(model.get('count') + 1);
      },
      { signal }
    );
    onChange('count', show);
    show();
    root.append(input, button);
    return undefined;
  }
);

describe('a widget whose kernel', () => {
  const scroll = jest.fn();
  let model: Traits;
  let el: HTMLElement;

  beforeEach(() => {
    Element.prototype.scrollIntoView = scroll;
    model = new Traits({ lang: 'en', count: 1 });
    el = document.createElement('div');
  });

  const alertText = (): string =>
    el.querySelector('[role=alert]')?.textContent ?? '';
  const input = (): HTMLInputElement => {
    const [found] = el.getElementsByTagName('input');
    return found ?? document.createElement('input');
  };
  const button = (): HTMLButtonElement => {
    const [found] = el.getElementsByTagName('button');
    return found ?? document.createElement('button');
  };
  const type = (value: string): void => {
    input().value = value;
    input().dispatchEvent(new Event('input', { bubbles: true }));
  };
  const answer = ({ content, callbacks }: ISent): void => {
    model.trigger('msg:custom', { ...content, workbench: 'pong' });
    callbacks?.iopub.status(IDLE);
  };
  /** A kernel that is busy: it gets to a message when the test lets it. */
  const busyKernel = (): ISent[] => {
    const sent: ISent[] = [];
    model.kernel = (content, callbacks) => {
      sent.push({ content: content as object, callbacks });
    };
    return sent;
  };

  it('was restarted says so at the first touch, and takes no more input', () => {
    model.kernel = jest.fn();
    field.render({ model, el });
    el.classList.add('jupyter-widgets-disconnected');
    model.trigger('comm_live_update', undefined);
    expect(alertText()).toBe('');
    button().click();
    expect(alertText()).toMatch(GONE);
    expect(scroll).toHaveBeenCalled();
    expect(model.get('count')).toBe(1);
    expect(button().disabled).toBe(true);
    expect(input().readOnly).toBe(true);
    expect(model.kernel).not.toHaveBeenCalled();
    // A key over it would be a command of the notebook.
    const onKey = jest.fn();
    el.addEventListener('keydown', onKey);
    const press = (key: string, ctrlKey = false): void => {
      const options = { key, ctrlKey, bubbles: true };
      input().dispatchEvent(new KeyboardEvent('keydown', options));
    };
    press('d');
    expect(onKey).not.toHaveBeenCalled();
    press('s', true);
    expect(onKey).toHaveBeenCalledTimes(1);
  });

  it('was shut down says so too: nothing can be sent', () => {
    model.kernel = () => {
      throw new Error('Cannot send');
    };
    field.render({ model, el });
    button().click();
    expect(alertText()).toMatch(GONE);
    expect(model.get('count')).toBe(1);
  });

  it('was restarted from elsewhere takes back what it never got', () => {
    const sent = busyKernel();
    field.render({ model, el });
    type('7');
    expect(model.get('count')).toBe(7);
    expect(alertText()).toBe('');
    // It handles the questions, and does not know the widget.
    sent.at(-1)?.callbacks?.iopub.status(IDLE);
    expect(alertText()).toMatch(GONE);
    expect(model.get('count')).toBe(1);
    expect(input().value).toBe('1');
    type('8');
    expect(model.get('count')).toBe(1);
  });

  it('was restarted, and replies that it cannot take the message, says so', () => {
    const sent = busyKernel();
    field.render({ model, el });
    button().click();
    const reply = { content: { status: 'error' } };
    sent.at(-1)?.callbacks?.shell.reply(reply);
    expect(alertText()).toMatch(GONE);
    expect(model.get('count')).toBe(1);
  });

  it('dies before it answers takes back what it never got', () => {
    model.kernel = jest.fn();
    field.render({ model, el });
    type('7');
    el.classList.add('jupyter-widgets-disconnected');
    model.trigger('comm_live_update', undefined);
    expect(alertText()).toMatch(GONE);
    expect(input().value).toBe('1');
  });

  it('answers goes on', () => {
    const sent = busyKernel();
    field.render({ model, el });
    type('7');
    sent.splice(0).forEach(answer);
    button().click();
    sent.splice(0).forEach(answer);
    expect(alertText()).toBe('');
    expect(model.get('count')).toBe(8);
  });

  it('lost a question is asked again', () => {
    const sent = busyKernel();
    field.render({ model, el });
    type('7');
    sent.splice(0).forEach(answer);
    type('8');
    sent.splice(0);
    type('9');
    sent.at(-1)?.callbacks?.iopub.status(IDLE);
    expect(alertText()).toMatch(GONE);
    expect(input().value).toBe('7');
  });
});
