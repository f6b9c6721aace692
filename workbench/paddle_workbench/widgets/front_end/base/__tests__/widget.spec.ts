import type { IModel, ITraits } from '../widget';
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

  send(): void {
    // Nor is there anybody to send to.
  }

  on(event: string, handler: () => void): void {
    const handlers = this.handlers.get(event) ?? new Set();
    this.handlers.set(event, handlers.add(handler));
  }

  off(event: string, handler: () => void): void {
    this.handlers.get(event)?.delete(handler);
  }

  readonly handlers = new Map<string, Set<() => void>>();
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
    expect(left).toEqual([0, 0]);
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
