import lens from '../text-lens';

type Unit = readonly [number, number, number];

const TOKENS: readonly Unit[] = [
  [0, 2, -1],
  [2, 5, 2]
];
const CHARACTERS: readonly Unit[] = [
  [0, 1, 1],
  [1, 2, 1],
  [2, 3, -1],
  [3, 4, 2],
  [4, 5, 2]
];

/** Draw a text with the values of two models, of which the first may have longer tokens. */
function draw(first: readonly Unit[], second: readonly Unit[]): HTMLElement {
  const explanation = (name: string, units: readonly Unit[]): object => ({
    name,
    text: '很小但干净',
    probability: 0.5,
    method: 'gradients',
    gap: 0,
    joined: units.some(([start, stop]) => stop - start > 1),
    units
  });
  const traits: Record<string, unknown> = {
    lang: 'en',
    text_shown: '很小但干净',
    method: 'gradients',
    unit: 'characters',
    classes: ['negative', 'positive'],
    examples: [],
    explanations: [explanation('A', first), explanation('B', second)],
    notices: [],
    failure: ''
  };
  const model = {
    get: (name: string) => traits[name],
    set: jest.fn(),
    save_changes: jest.fn(),
    send: jest.fn(),
    on: jest.fn(),
    off: jest.fn()
  };
  const el = document.createElement('div');
  lens.render({ model: model as never, el });
  return el;
}

function textsOf(el: HTMLElement, selector: string): (string | null)[] {
  return [...el.querySelectorAll(selector)].map(each => each.textContent);
}

describe('the text lens', () => {
  it('shades a token as a whole, and says so for the model that has longer ones', () => {
    const el = draw(TOKENS, CHARACTERS);
    const [first, second] = el.querySelectorAll<HTMLElement>('section');
    const pieces = textsOf(first ?? el, '.pw-TextLens-piece');
    expect(pieces).toEqual(['很小', '但干净']);
    const note = 'Each token of this model is shaded as a whole.';
    expect(first?.textContent).toContain(note);
    expect(second?.textContent).not.toContain(note);
  });

  it('outlines where the models disagree, token against the characters in it', () => {
    const el = draw(TOKENS, CHARACTERS);
    // 但 alone is a part of the other model's token, which has no value of its own.
    expect(textsOf(el, '.pw-mod-differs')).toEqual(['很小']);
  });
});
