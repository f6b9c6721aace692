import { WidgetTranslation } from '../../base/translation';
import { ResultView } from '../result-view';
import { compareBoxes } from '../same-boxes';
import type { IBox } from '../steps';

const trans = new WidgetTranslation('en', {});

function box(label: string, score: number, left = 10): IBox {
  return { label, score, corners: [left, 20, left + 30.6, 60] };
}

function shown(
  boxes: readonly IBox[],
  reference?: readonly IBox[]
): ResultView {
  const view = new ResultView(trans);
  view.show({
    prediction: { label: '', score: 0, scores: [], boxes },
    took_ms: 3,
    picture: { file: new Blob(), width: 100, height: 80 },
    ...(reference !== undefined && {
      reference: { label: '', score: 0, boxes: reference }
    })
  });
  document.body.replaceChildren(view.element);
  return view;
}

function texts(element: HTMLElement, selector: string): (string | null)[] {
  return Array.from(
    element.querySelectorAll(selector),
    each => each.textContent
  );
}

describe('the result of a detector', () => {
  const revoked: string[] = [];

  beforeEach(() => {
    revoked.length = 0;
    URL.createObjectURL = () => 'blob:picture';
    URL.revokeObjectURL = address => {
      revoked.push(address);
    };
  });

  it('draws boxes over the picture, and lists them', () => {
    const { element } = shown([box('<b>tea</b>', 0.9), box('milk', 0.5, 40)]);
    expect(element.querySelector('strong')?.textContent).toBe('Boxes: 2');
    expect(texts(element, '.pw-Result-score')).toEqual([
      '<b>tea</b> 1, milk 1'
    ]);
    const items = Array.from(element.querySelectorAll('li'));
    expect(items.map(item => item.textContent)).toEqual([
      '<b>tea</b>90.0 %left 10, top 20, right 41, bottom 60',
      'milk50.0 %left 40, top 20, right 71, bottom 60'
    ]);
    // The best box is the last one, over the others.
    const frames = element.querySelectorAll<HTMLElement>('.pw-Boxes-frame');
    const { left, top, width, height } = frames[1]?.style ?? {};
    expect([left, top, width, height]).toEqual([
      '10.000%',
      '25.000%',
      '30.600%',
      '50.000%'
    ]);
    expect(frames[1]?.textContent).toBe('<b>tea</b> 90.0 %');
    expect(element.querySelector('img')?.alt).toBe(
      'The picture with its boxes'
    );
  });

  it('shows the box of the item with the focus, by the arrow keys', () => {
    const { element } = shown([box('tea', 0.9), box('milk', 0.5)]);
    const [first, second] = Array.from(element.querySelectorAll('li'));
    first?.focus();
    const lit = (): (string | null)[] => texts(element, '.pw-mod-lit');
    expect(lit()).toEqual(['tea 90.0 %']);
    first?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }));
    expect(document.activeElement).toBe(second);
    expect(lit()).toEqual(['milk 50.0 %']);
    expect([first?.tabIndex, second?.tabIndex]).toEqual([-1, 0]);
  });

  it('says that there is no box', () => {
    const view = shown([]);
    expect(view.element.textContent).toContain('No box reached the threshold.');
    expect(view.element.querySelector('ol')).toBeNull();
    expect(view.element.querySelector('img')).not.toBeNull();
    view.clear();
    expect(revoked).toEqual(['blob:picture']);
  });

  it('shows the best of thousands', () => {
    const many = Array.from({ length: 10_000 }, () => box('tea', 0.5));
    const { element } = shown(many);
    expect(element.querySelectorAll('li')).toHaveLength(100);
    expect(element.textContent).toContain('9900 more boxes with lower scores');
  });

  it('compares the boxes with those of Paddle', () => {
    const boxes = [box('tea', 0.9), box('milk', 0.5, 40)];
    const near = [box('milk', 0.51, 40.25), box('tea', 0.9)];
    expect(shown(boxes, near).element.textContent).toContain(
      '✓ Paddle sees the same boxes; their edges differ by at most 2.5e-1 pixels.'
    );
    const others = [
      box('tea', 0.9, 10.75),
      box('milk', 0.5, 40),
      box('tea', 1)
    ];
    expect(
      shown(boxes, [...others, box('tea', 1)]).element.textContent
    ).toContain(
      '✗ Paddle sees other boxes: 0 are only here, and 2 only there.'
    );
  });
});

describe('the difference of boxes', () => {
  it('matches each box once, the nearest first', () => {
    const two = [box('tea', 0.9), box('tea', 0.8)];
    const { score, ...counts } = compareBoxes(two, two.slice(1));
    expect(counts).toEqual({ onlyFirst: 1, onlySecond: 0, edgePx: 0 });
    expect(score).toBeCloseTo(0.1);
    expect(compareBoxes([box('tea', 1)], [box('milk', 1)])).toMatchObject({
      onlyFirst: 1,
      onlySecond: 1
    });
    expect(compareBoxes([], [])).toMatchObject({ onlyFirst: 0, edgePx: 0 });
  });
});
