import ledger from '../ledger-view';

type Handler = () => void;

function row(variant: string, p50: number, ratio: string): object {
  return {
    values: {
      variant,
      threads: 1,
      batch: 1,
      p50_ms: p50,
      calls: 90,
      inputs: 10,
      import_ms: 1200
    },
    cells: { variant, threads: '1', batch: '1', p50_ms: String(p50) },
    ratios: { base: [p50, ratio], slow: [p50 / 3, `${ratio} to slow`] },
    title: `The ${variant} one`,
    rounds: 9,
    problems: variant === 'slow' ? ['It <b>differs</b>.'] : []
  };
}

/** A widget drawn from traits that change as in a notebook. */
function draw(lang: 'en' | 'zh' = 'en'): {
  el: HTMLElement;
  traits: Record<string, unknown>;
} {
  const traits: Record<string, unknown> = {
    lang,
    title: 'small 1, machine A',
    rows: [row('slow', 3, '3.00'), row('base', 1, '1.00')],
    notes: ['Noise: 2%.'],
    variants: ['slow', 'base'],
    baseline: 'base',
    sort_by: '',
    descending: false,
    hidden: [],
    setting: ''
  };
  const handlers = new Map<string, Handler[]>();
  const model = {
    get: (name: string) => traits[name],
    set: (name: string, value: unknown) => {
      traits[name] = value;
      handlers.get(`change:${name}`)?.forEach(handler => {
        handler();
      });
    },
    save_changes: jest.fn(),
    send: jest.fn(),
    on: (event: string, handler: Handler) => {
      handlers.set(event, [...(handlers.get(event) ?? []), handler]);
    },
    off: jest.fn()
  };
  const el = document.createElement('div');
  document.body.replaceChildren(el);
  ledger.render({ model: model as never, el });
  return { el, traits };
}

function button(el: HTMLElement, key: string): HTMLButtonElement {
  const found = el.querySelector<HTMLButtonElement>(`[data-key="${key}"]`);
  if (found === null) {
    throw new Error(`There is no ${key}.`);
  }
  return found;
}

function variants(el: HTMLElement): (string | null)[] {
  return [...el.querySelectorAll('tbody th')].map(each => each.textContent);
}

describe('the ledger', () => {
  beforeAll(() => {
    // jsdom lacks it.
    Object.assign(globalThis, { CSS: { escape: (text: string) => text } });
  });

  it('is sorted by its heads, up, down, and as it was', () => {
    const { el } = draw();
    expect(variants(el)).toEqual(['⚠ slow', '◆ base']);
    const sort = (): string | null => {
      button(el, 'sort p50_ms').click();
      const cell = button(el, 'sort p50_ms').parentElement;
      return cell?.getAttribute('aria-sort') ?? null;
    };
    expect(sort()).toBe('ascending');
    expect(variants(el)).toEqual(['◆ base', '⚠ slow']);
    expect(sort()).toBe('descending');
    expect(variants(el)).toEqual(['⚠ slow', '◆ base']);
    expect(sort()).toBe('none');
  });

  it('keeps the focus on the control that was used', () => {
    const { el } = draw();
    button(el, 'sort p50_ms').focus();
    button(el, 'sort p50_ms').click();
    expect(document.activeElement).toBe(button(el, 'sort p50_ms'));
  });

  it('hides a variant, and says how many rows are left', () => {
    const { el, traits } = draw();
    button(el, 'variant slow').click();
    expect(variants(el)).toEqual(['◆ base']);
    expect(traits.hidden).toEqual(['slow']);
    expect(el.querySelector('[aria-live]')?.textContent).toBe('1 of 2 rows');
    expect(button(el, 'variant slow').getAttribute('aria-pressed')).toBe(
      'false'
    );
    button(el, 'variant slow').click();
    expect(variants(el)).toHaveLength(2);
  });

  it('shows ratios to the baseline that is pinned', () => {
    const { el, traits } = draw();
    const select = el.querySelector<HTMLSelectElement>('[data-key="baseline"]');
    expect(el.textContent).toContain('3.00');
    if (select !== null) {
      select.value = 'slow';
      select.dispatchEvent(new Event('change'));
    }
    expect(traits.baseline).toBe('slow');
    expect(el.textContent).toContain('3.00 to slow');
    expect(variants(el)).toEqual(['◆ ⚠ slow', 'base']);
  });

  it('opens how a row was measured, which stays open when it is sorted', () => {
    const { el } = draw();
    const details = (): HTMLElement | null =>
      document.getElementById(
        button(el, 'row slow 1×1').getAttribute('aria-controls') ?? ''
      );
    expect(details()?.hidden).toBe(true);
    button(el, 'row slow 1×1').click();
    expect(details()?.hidden).toBe(false);
    expect(details()?.textContent).toContain('90 timed calls in 9 rounds.');
    expect(details()?.textContent).toContain('It <b>differs</b>.');
    button(el, 'sort p50_ms').click();
    expect(details()?.hidden).toBe(false);
    expect(button(el, 'row slow 1×1').getAttribute('aria-expanded')).toBe(
      'true'
    );
  });

  it('is in Chinese', () => {
    const { el } = draw('zh');
    expect(button(el, 'sort variant').textContent).toBe('变体');
    expect(el.querySelector('[aria-live]')?.textContent).toBe(
      '显示 2 行，共 2 行'
    );
  });
});
