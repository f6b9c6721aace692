import { fireEvent, screen, within } from '@testing-library/dom';
import recogniser from '../recogniser';

const PICTURE = 'data:image/png;base64,AAAA';
const RESULT = {
  prediction: { label: '好评', score: 0.75, scores: [['好评', 0.75]] },
  reference: { label: '好评', score: 0.75 },
  took_ms: 3
};

let end: (() => void) | undefined;

/** Draw the widget; returns its traits, which can be changed from outside. */
function draw(changes: Record<string, unknown>): {
  readonly traits: Record<string, unknown>;
  change(name: string, value: unknown): void;
} {
  const handlers = new Map<string, () => void>();
  const traits: Record<string, unknown> = {
    lang: 'en',
    title: 'sentiment 1',
    takes: 'text',
    examples: [{ text: '很小', picture: '' }],
    targets: ['inference', 'onnx'],
    target: 'inference',
    text_shown: '很好',
    picture: '',
    result: RESULT,
    failure: '',
    needs_kernel: '',
    ...changes
  };
  const model = {
    get: (name: string) => traits[name],
    set: (name: string, value: unknown) => {
      traits[name] = value;
    },
    save_changes: jest.fn(),
    send: jest.fn(),
    on: (event: string, handler: () => void) => handlers.set(event, handler),
    off: jest.fn()
  };
  const el = document.createElement('div');
  document.body.append(el);
  end = recogniser.render({ model: model as never, el });
  return {
    traits,
    change: (name, value) => {
      traits[name] = value;
      handlers.get(`change:${name}`)?.();
    }
  };
}

beforeAll(() => {
  URL.createObjectURL = () => 'blob:x';
  URL.revokeObjectURL = () => undefined;
});

afterEach(() => {
  end?.();
  document.body.replaceChildren();
  jest.useRealTimers();
});

describe('the recogniser', () => {
  it('shows the result with its bars, and that Paddle gives the same', () => {
    draw({});
    const bars = screen.getByRole('list', { name: 'Probabilities' });
    expect(within(bars).getByRole('listitem').textContent).toBe('好评75.0 %');
    expect(document.body.textContent).toContain('✓ Paddle gives the same');
  });

  it('sends what is typed after a rest, and examples and targets at once', () => {
    jest.useFakeTimers();
    const { traits } = draw({});
    const box = screen.getByRole<HTMLTextAreaElement>('textbox');
    expect(box.value).toBe('很好');
    fireEvent.input(box, { target: { value: '干净' } });
    expect(traits.text_shown).toBe('很好');
    jest.runAllTimers();
    expect(traits.text_shown).toBe('干净');
    fireEvent.click(screen.getByRole('button', { name: '很小' }));
    expect([traits.text_shown, box.value]).toEqual(['很小', '很小']);
    fireEvent.change(screen.getByLabelText('Run with'), {
      target: { value: 'onnx' }
    });
    expect(traits.target).toBe('onnx');
  });

  it('shows a failure in place of the result', () => {
    const { change } = draw({});
    change('failure', 'The network refuses it.');
    expect(screen.getByRole('alert').textContent).toBe(
      'The network refuses it.'
    );
    change('failure', '');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says why it will not work without the kernel, once that is known', () => {
    const { change } = draw({});
    const note = document.querySelector('.pw-Recogniser-note');
    expect(note).toHaveProperty('hidden', true);
    change('needs_kernel', 'This output needs its kernel.');
    expect(note).toHaveProperty('hidden', false);
    expect(note?.textContent).toBe('This output needs its kernel.');
  });

  it('takes pictures, and shows those that are set from outside', () => {
    const { change, traits } = draw({
      takes: 'picture',
      examples: [{ text: '', picture: PICTURE }],
      result: {}
    });
    const preview = screen.getByAltText('The picture');
    expect(preview.hidden).toBe(true);
    fireEvent.click(screen.getByRole('button', { name: 'Example 1' }));
    expect(traits.picture).toBe(PICTURE);
    change('picture', PICTURE);
    expect(preview.hidden).toBe(false);
    expect(document.body.textContent).toContain('The result appears here.');
  });
});
