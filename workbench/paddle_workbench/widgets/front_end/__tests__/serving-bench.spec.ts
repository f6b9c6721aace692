import bench from '../serving-bench';

type Handler = () => void;

function moment(at: number, perSecond: number): object {
  return {
    at_s: at,
    per_second: perSecond,
    failed: 0,
    p50_ms: 2,
    p95_ms: 4,
    p99_ms: at === 2 ? null : 9,
    queue: 1,
    batch_mean: 1.5,
    memory_bytes: 600 * 2 ** 20
  };
}

interface IRowOptions {
  readonly rate?: number;
  readonly p99?: number;
  readonly batch?: number;
  readonly notes?: readonly string[];
  readonly errors?: Readonly<Record<string, number>>;
}

function row(
  number: number,
  { rate = 20, p99 = 9, batch = 8, notes = [], errors = {} }: IRowOptions = {}
): object {
  return {
    number,
    started_at: '2026-11-30T12:00:00Z',
    settings: { batch, wait_ms: 0, workers: 1, queue: 64, timeout_s: 30 },
    threads: 1,
    result: {
      plan: {
        arrivals: 'poisson',
        rate,
        clients: null,
        duration_s: 3,
        timeout_s: 30,
        seed: 0,
        size: 1
      },
      url: 'http://a',
      model: 'small',
      elapsed_s: 3,
      scheduled: 60,
      answered: 60,
      errors,
      unanswered: 0,
      per_second: 20,
      latency: {
        p50_ms: 2,
        p95_ms: 4,
        p99_ms: p99,
        mean_ms: 3,
        largest_ms: 10
      },
      moments: [moment(1, 19), moment(2, 21), moment(3, 20)],
      client: {
        late_p99_ms: 0.5,
        cpu: 0.02,
        connections: 4,
        has_waited: false
      },
      server: {
        inputs: 60,
        batches: 40,
        batch_rows: { '1': 20, '2': 20 },
        queue_mean: 0.1,
        wait_mean_ms: 1,
        predict_mean_ms: 0.5,
        restarts: 0,
        cpu: { server: 0.1 },
        memory_bytes: { server: 2 ** 20 }
      },
      notes,
      is_complete: true
    }
  };
}

interface IDrawn {
  el: HTMLElement;
  send: jest.Mock;
  set(values: Record<string, unknown>): void;
}

/** A widget drawn from traits that change as in a notebook. */
function draw(changes: Record<string, unknown> = {}): IDrawn {
  const traits: Record<string, unknown> = {
    lang: 'en',
    title: 'small · bundles/small',
    load: {
      arrivals: 'poisson',
      rate: 20,
      clients: 4,
      duration_s: 10,
      size: 1,
      timeout_s: 30,
      seed: 0
    },
    settings: { batch: 8, wait_ms: 0, workers: 1, queue: 64, threads: 1 },
    limits: {
      rate: [0.1, 10000],
      clients: [1, 256],
      duration_s: [1, 600],
      size: [1, 1024],
      batch: [1, 1024],
      wait_ms: [0, 10000],
      workers: [1, 256],
      queue: [1, 100000],
      threads: [1, 64]
    },
    state: 'idle',
    failure: '',
    _progress: {},
    _moments: [],
    _rows: [],
    removed: 0,
    hidden: [],
    ...changes
  };
  const handlers = new Map<string, Handler[]>();
  const set = (name: string, value: unknown): void => {
    traits[name] = value;
    handlers.get(`change:${name}`)?.forEach(handler => {
      handler();
    });
  };
  const send = jest.fn();
  const model = {
    get: (name: string) => traits[name],
    set,
    save_changes: jest.fn(),
    send,
    on: (event: string, handler: Handler) => {
      handlers.set(event, [...(handlers.get(event) ?? []), handler]);
    },
    off: jest.fn()
  };
  const el = document.createElement('div');
  document.body.replaceChildren(el);
  bench.render({ model: model as never, el });
  return {
    el,
    send,
    set: values => {
      for (const [name, value] of Object.entries(values)) {
        set(name, value);
      }
    }
  };
}

function control(el: HTMLElement, key: string): HTMLElement {
  const element = el.querySelector<HTMLElement>(`[data-key="${key}"]`);
  if (element === null) {
    throw new Error(`There is no ${key}.`);
  }
  return element;
}

function type(el: HTMLElement, key: string, text: string): void {
  const field = control(el, key) as HTMLInputElement;
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
}

function submit(el: HTMLElement): void {
  el.querySelector('form')?.dispatchEvent(
    new Event('submit', { bubbles: true, cancelable: true })
  );
}

function requests(send: jest.Mock): unknown[] {
  return send.mock.calls
    .map(([content]) => content as { do?: string })
    .filter(content => content.do !== undefined);
}

describe('the serving bench', () => {
  beforeAll(() => {
    // jsdom lacks it.
    Object.assign(globalThis, { CSS: { escape: (text: string) => text } });
  });

  it('asks for a run with what is typed', () => {
    const { el, send } = draw();
    type(el, 'rate', '50.5');
    type(el, 'batch', '2');
    submit(el);
    expect(requests(send)).toEqual([
      {
        do: 'run',
        load: {
          arrivals: 'poisson',
          rate: 50.5,
          clients: 4,
          duration_s: 10,
          size: 1,
          timeout_s: 30,
          seed: 0
        },
        settings: { batch: 2, wait_ms: 0, workers: 1, queue: 64, threads: 1 }
      }
    ]);
  });

  it.each([
    ['batch', '0', 'A whole number from 1 to 1024.'],
    ['batch', '1.5', 'A whole number from 1 to 1024.'],
    ['wait_ms', '', 'A number from 0 to 10000.'],
    ['rate', 'fast', 'A number from 0.1 to 10000.']
  ])('explains that %s cannot be %p', (key, text, message) => {
    const { el, send } = draw();
    type(el, key, text);
    submit(el);
    const field = control(el, key) as HTMLInputElement;
    expect(requests(send)).toEqual([]);
    expect(document.activeElement).toBe(field);
    expect(field.getAttribute('aria-invalid')).toBe('true');
    const problem = document.getElementById(
      field.getAttribute('aria-describedby') ?? ''
    );
    expect(problem?.textContent).toBe(message);
  });

  it('has clients instead of a rate if they wait, and no threads of others', () => {
    const { el, set } = draw({
      settings: { batch: 8, wait_ms: 0, workers: 1, queue: 64, threads: null }
    });
    const isShown = (key: string): boolean =>
      control(el, key).closest<HTMLElement>('.pw-ServingBench-field')
        ?.hidden === false;
    expect([isShown('rate'), isShown('clients')]).toEqual([true, false]);
    set({ load: { arrivals: 'closed', rate: 20, clients: 4, duration_s: 10 } });
    expect([isShown('rate'), isShown('clients')]).toEqual([false, true]);
    expect(el.querySelector('[data-key=threads]')).toBeNull();
  });

  it('draws a run while it goes on, and stops it', () => {
    const { el, send, set } = draw();
    control(el, 'stop').click();
    set({ state: 'starting' });
    expect(el.querySelector('progress')?.hasAttribute('value')).toBe(false);
    set({
      state: 'running',
      _moments: [moment(1, 19), moment(2, 21), moment(3, 30)],
      _progress: { elapsed_s: 3, duration_s: 10, answered: 70, failed: 1 }
    });
    expect(el.textContent).toContain('3 of 10 s: answered 70, failed 1');
    expect(el.textContent).toContain('30 answers/s');
    // A value is missing in the middle of the 99th percentiles.
    const latency = el.querySelectorAll('svg')[1];
    expect(latency?.querySelectorAll('.pw-mod-main')).toHaveLength(2);
    submit(el);
    el.querySelector('form')?.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })
    );
    expect(requests(send)).toEqual([{ do: 'stop' }]);
  });

  it('stops a run that the kernel has not begun, and asks for it once', () => {
    const { el, send, set } = draw();
    submit(el);
    submit(el);
    control(el, 'stop').click();
    expect(requests(send).map(each => (each as { do: string }).do)).toEqual([
      'run',
      'stop'
    ]);
    set({ state: 'starting' });
    set({ state: 'idle' });
    submit(el);
    expect(requests(send)).toHaveLength(3);
  });

  it('marks the best of the runs with the same load', () => {
    const { el } = draw({
      _rows: [
        row(1, { p99: 9 }),
        row(2, { p99: 5, batch: 1 }),
        row(3, { rate: 5, p99: 1 })
      ]
    });
    const best = [...el.querySelectorAll('.pw-mod-best')];
    expect(best.map(each => each.textContent)).toEqual(['★ 5']);
    expect(best[0]?.closest('tr')?.dataset.run).toBe('2');
    const heads = [...el.querySelectorAll('thead th')];
    expect(heads.map(each => each.textContent)).toContain('batch');
    expect(el.textContent).toContain('in all runs: wait 0 ms, workers 1');
  });

  it('does not mark the latency of a run that failed or rejected requests', () => {
    const { el } = draw({
      _rows: [
        row(1, { p99: 9 }),
        row(2, { p99: 5 }),
        row(3, { p99: 1, errors: { '429': 8 } })
      ]
    });
    const best = [...el.querySelectorAll('.pw-mod-best')].map(
      each => each.textContent
    );
    expect(best).toContain('★ 5');
    expect(best).not.toContain('★ 1');
  });

  it('draws the newest run in front, and the one that is pointed at', () => {
    const { el } = draw({ _rows: [row(1), row(2)] });
    const front = (): string | null | undefined =>
      el.querySelector('.pw-ServingBench-mainLabel')?.textContent;
    expect(front()).toBe('2');
    const line = el.querySelector('tr[data-run="1"]');
    line?.dispatchEvent(new Event('pointerenter'));
    expect(front()).toBe('1');
    line?.dispatchEvent(new Event('pointerleave'));
    expect(front()).toBe('2');
    control(el, 'hide 1').click();
    expect(el.querySelectorAll('.pw-mod-other')).toHaveLength(0);
  });

  it('opens what is known of a run, until another one ends', () => {
    const { el, set } = draw({
      _rows: [row(1, { notes: ['Beware <b>.'] }), row(2)]
    });
    control(el, 'run 1').click();
    expect(control(el, 'run 1').getAttribute('aria-expanded')).toBe('true');
    expect(el.textContent).toContain('⚠ Beware <b>.');
    expect(el.textContent).toContain(
      'Batches by size: up to 1: 20, up to 2: 20.'
    );
    set({ _rows: [row(1), row(2), row(3)] });
    expect(control(el, 'run 1').getAttribute('aria-expanded')).toBe('false');
    expect(el.querySelector('[aria-live]:not(:empty)')?.textContent).toBe(
      'Run 3: 20 answers/s, p50 2 ms, p95 4 ms, p99 9 ms, errors 0.'
    );
  });

  it('removes a run and brings it back', () => {
    const { el, send, set } = draw({ _rows: [row(1), row(2)] });
    control(el, 'remove 1').focus();
    control(el, 'remove 1').click();
    set({ removed: 1 });
    set({ _rows: [row(2)] });
    expect(document.activeElement).toBe(control(el, 'restore'));
    control(el, 'restore').click();
    control(el, 'repeat 2').click();
    expect(requests(send)).toEqual([
      { do: 'remove', number: 1 },
      { do: 'restore' },
      { do: 'repeat', number: 2 }
    ]);
  });

  it('reads off values with the arrow keys', () => {
    const { el } = draw({ _rows: [row(1)] });
    const charts = el.querySelector<HTMLElement>('[role=group][tabindex]');
    const press = (key: string): void => {
      charts?.dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true })
      );
    };
    press('ArrowLeft');
    expect(el.textContent).toContain('p50 2 · p95 4 · p99 – ms');
    expect(el.textContent).toContain('2 s, Throughput 21 answers/s');
    press('Escape');
    expect(el.textContent).toContain('p50 2 · p95 4 · p99 9 ms');
  });

  it('says what failed', () => {
    const { el, set } = draw();
    const alert = el.querySelector<HTMLElement>('[role=alert]');
    expect(alert?.hidden).toBe(true);
    set({ failure: 'http://a does not answer.\nStart it.' });
    expect(alert?.hidden).toBe(false);
    expect(alert?.textContent).toContain('does not answer');
  });
});
