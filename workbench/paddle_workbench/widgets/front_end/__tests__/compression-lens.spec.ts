import { fireEvent, screen, within } from '@testing-library/dom';
import lens from '../compression-lens';
import {
  BASELINE,
  LAYERS,
  tried
} from '../compression-lens/__tests__/small-report';

let end: (() => void) | undefined;

/** Draw the widget; returns its traits, what it sent, and what changes a trait from outside. */
function draw(changes: Record<string, unknown> = {}): {
  readonly traits: Record<string, unknown>;
  readonly sent: unknown[];
  change(name: string, value: unknown): void;
} {
  const handlers = new Map<string, (() => void)[]>();
  const traits: Record<string, unknown> = {
    lang: 'en',
    title: 'net, A, 2 cores',
    layers: LAYERS,
    tries: [
      BASELINE,
      tried('int8', {
        size_bytes: 400,
        accuracy: 0.88,
        settings: { a: { bits: 8, kept: null } }
      })
    ],
    baseline: 'fp32',
    settings: {},
    layer: '',
    figures_bits: 8,
    sort_by: '',
    descending: false,
    cost: 'size',
    can_measure: true,
    state: 'idle',
    progress: -1,
    stage: '',
    failure: '',
    ...changes
  };
  const sent: unknown[] = [];
  const change = (name: string, value: unknown): void => {
    traits[name] = value;
    handlers.get(`change:${name}`)?.forEach(handler => {
      handler();
    });
  };
  const model = {
    get: (name: string) => traits[name],
    set: change,
    save_changes: jest.fn(),
    send: (content: unknown) => sent.push(content),
    on: (event: string, handler: () => void) => {
      handlers.set(event, [...(handlers.get(event) ?? []), handler]);
    },
    off: jest.fn()
  };
  const el = document.createElement('div');
  document.body.append(el);
  end = lens.render({ model: model as never, el });
  return { traits, sent, change };
}

function click(name: string | RegExp): void {
  // `hidden`, since looking for what hides it takes most of the time in jsdom.
  fireEvent.click(screen.getByRole('button', { name, hidden: true }));
}

function select(label: string, value: string): void {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
}

function names(): (string | null)[] {
  return screen
    .getAllByRole('button', { expanded: false })
    .map(each => each.textContent);
}

beforeAll(() => {
  // jsdom lacks it.
  Object.assign(globalThis, { CSS: { escape: (text: string) => text } });
});

afterEach(() => {
  end?.();
  document.body.replaceChildren();
});

describe('the compression lens', () => {
  it('estimates at once what a setting costs', () => {
    const { traits } = draw();
    expect(document.body.textContent).toContain(
      'Nothing is changed: 1000 B, accuracy 90.0 %'
    );
    select('Channels of a', '5');
    expect(traits.settings).toEqual({ a: { bits: 32, kept: 5 } });
    expect(document.body.textContent).toContain(
      'These settings, estimated: 600 B (−40 %), accuracy 88.0 % (−2.0 points), 3 of 50 decisions changed.'
    );
    select('Bits of b', '8');
    expect(document.body.textContent).toContain(
      'estimated: 450 B (−55 %), accuracy –.'
    );
  });

  it('says what was measured with the same settings', () => {
    draw({ settings: { a: { bits: 8, kept: null } } });
    expect(document.body.textContent).toContain(
      'Measured as int8: 400 B (−60 %), accuracy 88.0 % (−2.0 points)'
    );
  });

  it('undoes, redoes and resets', () => {
    const { traits } = draw();
    select('Bits of a', '8');
    select('Bits of a', '4');
    const region = screen.getByRole('region');
    fireEvent.keyDown(region, { key: 'z', ctrlKey: true });
    expect(traits.settings).toEqual({ a: { bits: 8, kept: null } });
    click('Redo');
    expect(traits.settings).toEqual({ a: { bits: 4, kept: null } });
    click('Reset');
    expect(traits.settings).toEqual({});
    fireEvent.keyDown(region, { key: 'Z', ctrlKey: true, shiftKey: true });
    expect(traits.settings).toEqual({});
    click('Undo');
    expect(traits.settings).toEqual({ a: { bits: 4, kept: null } });
    expect(
      screen.getByRole<HTMLButtonElement>('button', { name: 'Redo' }).disabled
    ).toBe(false);
  });

  it('takes settings from the kernel, which can be undone too', () => {
    const { traits, change } = draw();
    change('settings', { a: { bits: 8, kept: null } });
    expect(screen.getByLabelText<HTMLSelectElement>('Bits of a').value).toBe(
      '8'
    );
    click('Undo');
    expect(traits.settings).toEqual({});
  });

  it('opens a layer, in which bits and channels are chosen', () => {
    const { traits } = draw();
    click('a');
    const group = within(screen.getByRole('group', { name: 'Layer a' }));
    expect(group.getByText('Also makes smaller: b.')).toBeTruthy();
    expect(
      group.getByRole('img', { name: /^Weights with 4 bits, 16 levels/ })
    ).toBeTruthy();
    expect(group.getByText('−30.0 points')).toBeTruthy();
    fireEvent.click(group.getByLabelText('4 bits'));
    fireEvent.click(screen.getByLabelText('5 channels'));
    expect(traits.settings).toEqual({ a: { bits: 4, kept: 5 } });
    expect(screen.getByLabelText<HTMLInputElement>('4 bits').checked).toBe(
      true
    );
    click('a');
    expect(traits.layer).toBe('');
  });

  it('filters and sorts, and sets the bits of the layers that are shown', () => {
    const { traits } = draw();
    fireEvent.input(screen.getByRole('searchbox'), {
      target: { value: 'matmul' }
    });
    expect(names()).toEqual(['a']);
    expect(screen.getByText('1 of 3 layers')).toBeTruthy();
    select('Set all shown layers to', '8');
    expect(traits.settings).toEqual({ a: { bits: 8, kept: null } });
    fireEvent.input(screen.getByRole('searchbox'), { target: { value: '' } });
    click('layer');
    click('layer ▴');
    expect(names()).toEqual(['norm', 'b', 'a']);
    expect(traits.descending).toBe(true);
    select('Set all shown layers to', '8');
    // A layer that has no 8 bits stays as it is.
    expect(Object.keys(traits.settings as object)).toEqual(['a', 'b']);
  });

  it('walks through the layers with the arrow keys', () => {
    draw();
    const first = screen.getByRole('button', { name: 'a', expanded: false });
    const second = screen.getByRole('button', { name: 'b', expanded: false });
    first.focus();
    fireEvent.keyDown(first, { key: 'ArrowDown' });
    expect(document.activeElement).toBe(second);
    fireEvent.keyDown(second, { key: 'ArrowUp' });
    expect(document.activeElement).toBe(first);
  });

  it('keeps the focus on the control that was used', () => {
    draw();
    screen.getByLabelText('Bits of a').focus();
    select('Bits of a', '8');
    expect(document.activeElement).toBe(screen.getByLabelText('Bits of a'));
  });

  it('stays scrolled where it was, and says only what is new', () => {
    const { change } = draw({ failure: 'It failed.' });
    const scrolled = (): Element | null =>
      document.querySelector('[data-scroll="layers"]');
    const failure = screen.getByRole('alert');
    const [summary] = document.querySelectorAll('[aria-live]');
    Object.assign(scrolled() ?? {}, { scrollTop: 40 });
    select('Bits of a', '8');
    expect(scrolled()?.scrollTop).toBe(40);
    expect(screen.getByRole('alert')).toBe(failure);
    expect(document.querySelector('[aria-live]')).toBe(summary);
    expect(summary?.textContent).toContain('These settings, estimated');
    change('failure', '');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('asks to measure and to keep, and shows progress', () => {
    const { sent, change } = draw();
    select('Bits of a', '4');
    const settings = { a: { bits: 4, kept: null } };
    click('Keep estimate');
    click('Measure');
    change('state', 'measuring');
    change('progress', 0.5);
    change('stage', 'running a');
    const bar = screen.getByRole<HTMLProgressElement>('progressbar');
    expect([bar.value, bar.getAttribute('aria-label')]).toEqual([
      0.5,
      'running a'
    ]);
    click('Cancel');
    expect(sent).toEqual([
      { do: 'keep', settings },
      { do: 'measure', settings },
      { do: 'cancel', settings }
    ]);
    change('state', 'cancelling');
    expect(
      screen.getByRole<HTMLButtonElement>('button', { name: 'Cancel' }).disabled
    ).toBe(true);
    change('state', 'idle');
    change('failure', 'There is no <b>data</b>.');
    expect(screen.getByRole('alert').textContent).toBe(
      'There is no <b>data</b>.'
    );
  });

  it('has nothing to measure with without a function', () => {
    draw({ can_measure: false });
    expect(screen.queryByRole('button', { name: 'Measure' })).toBeNull();
  });

  it('draws the front, pins a baseline, and uses the settings of a try', () => {
    const { traits, change } = draw();
    const front = 'Tries; on the front are int8, fp32';
    expect(screen.getByRole('img', { name: front })).toBeTruthy();
    click('Compare with int8');
    expect(traits.baseline).toBe('int8');
    expect(document.body.textContent).toContain('(+150 %)');
    click('int8, measured');
    expect(traits.settings).toEqual({ a: { bits: 8, kept: null } });
    const hollow = tried('guess', {
      is_measured: false,
      size_bytes: 300,
      latency_ms: null,
      latency_low_ms: null,
      latency_high_ms: null
    });
    change('tries', [...(traits.tries as object[]), hollow]);
    expect(
      document.querySelectorAll('.pw-CompressionLens-estimated')
    ).toHaveLength(1);
    select('against', 'latency');
    expect(document.body.textContent).toContain('1 of 3 tries.');
    expect(
      document.querySelectorAll('.pw-CompressionLens-estimated')
    ).toHaveLength(0);
  });

  it('counts decisions if there is no truth', () => {
    const blind = { ...BASELINE, accuracy: null };
    draw({ tries: [blind], settings: { a: { bits: 4, kept: null } } });
    expect(document.body.textContent).toContain('9 of 50 decisions changed');
    expect(document.body.textContent).not.toContain('accuracy');
  });

  it('shows the recipe, or why there is none', () => {
    const { change } = draw();
    expect(
      screen.getByText('No layer is changed, so there is no recipe.')
    ).toBeTruthy();
    change('settings', { a: { bits: 8, kept: null } });
    expect(screen.getByLabelText('Recipe').textContent).toContain(
      '- step: quantize'
    );
    change('settings', { a: { bits: 4, kept: null } });
    expect(document.body.textContent).toContain('layer a has 4.');
  });

  it('is in Chinese', () => {
    draw({ lang: 'zh' });
    expect(screen.getByRole('region', { name: '压缩透镜' })).toBeTruthy();
    expect(document.body.textContent).toContain('没有改动：1000 B');
  });
});
