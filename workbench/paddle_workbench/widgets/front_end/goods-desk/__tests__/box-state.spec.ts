import {
  DeskInMemory,
  idleKeys,
  PLAIN,
  press as pressed
} from '../../desk/__tests__/desk-in-memory';
import { actionOf, keyHelp } from '../box-keys';
import type { IDeskBox, IGoodsTraits } from '../box-state';
import { BoxState } from '../box-state';

function box(id: number, label = '包装'): IDeskBox {
  return {
    id,
    label,
    points: [
      [10, 20],
      [30, 20],
      [30, 50],
      [10, 50]
    ]
  };
}

class Traits extends DeskInMemory<IGoodsTraits> {
  constructor() {
    super({
      ...PLAIN,
      pages: [{ name: 'a.png', boxes: 2, changed: false, failure: '' }],
      boxes: [box(1), box(2, '瓶罐')],
      classes: ['包装', '瓶罐', '价签'],
      counts: [1, 1, 0],
      classes_changed: false,
      file: '/shop/annotations.json'
    });
  }
}

function drawn(): { traits: Traits; state: BoxState } {
  const traits = new Traits();
  const state = new BoxState(traits);
  state.mode = 'redraw';
  state.draft = [...box(1).points];
  return { traits, state };
}

describe('boxes of goods', () => {
  it('stay rectangles when a corner is moved', () => {
    const { state } = drawn();
    state.moveCorner(0, [5, 30]);
    expect(state.draft).toEqual([
      [5, 30],
      [30, 30],
      [30, 50],
      [5, 50]
    ]);
    state.moveCorner(2, [40.5, 60]);
    expect(state.draft?.[2]).toEqual([40.5, 60]);
    expect(state.draft?.[0]).toEqual([5, 30]);
  });

  it('keep an area, and their corners keep their places', () => {
    const { state } = drawn();
    state.moveCorner(1, [-50, 70]);
    expect(state.draft).toEqual([
      [10, 49],
      [11, 49],
      [11, 50],
      [10, 50]
    ]);
  });

  it('stay inside the picture', () => {
    const { state } = drawn();
    state.moveCorner(2, [500, 500]);
    expect(state.draft?.[2]).toEqual([100, 80]);
    state.moveDraft([-300, 7]);
    expect(state.draft?.[0]).toEqual([0, 20]);
    state.drawBetween([120, -5], [50, 40]);
    expect(state.draft).toEqual([
      [50, 0],
      [100, 0],
      [100, 40],
      [50, 40]
    ]);
  });

  it('are moved without a change of their size', () => {
    const { state } = drawn();
    state.moveDraft([95, -50]);
    expect(state.draft).toEqual([
      [80, 0],
      [100, 0],
      [100, 30],
      [80, 30]
    ]);
    state.commit();
    expect(state.draft).toBeNull();
    expect(state.mode).toBe('walk');
  });

  it('are where they were put before the kernel has answered', () => {
    const { traits, state } = drawn();
    state.moveDraft([5, 0]);
    state.commit();
    expect(state.item?.points[0]).toEqual([15, 20]);
    expect(state.items).toBe(state.items);
    expect(state.items[1]).toBe(traits.values.boxes[1]);
    // A request that was rejected puts it back.
    traits.set('answered', 1);
    expect(state.item?.points[0]).toEqual([10, 20]);
  });

  it('get a class, and so does the next new box', () => {
    const traits = new Traits();
    const state = new BoxState(traits);
    expect(state.label).toBe('包装');
    state.choose('价签');
    expect(traits.sent).toMatchObject([
      { edit: 'relabel', values: { id: 1, label: '价签' } }
    ]);
    state.choose('包装');
    expect(traits.sent).toHaveLength(1);
    state.mode = 'draw';
    state.choose('瓶罐');
    expect(traits.sent).toHaveLength(1);
    state.drawBetween([0, 0], [9, 9]);
    state.commit();
    expect(traits.sent[1]).toMatchObject({
      edit: 'add',
      values: { label: '瓶罐' }
    });
  });
});

describe('classes', () => {
  it('are added, and the next new box gets them', () => {
    const traits = new Traits();
    const state = new BoxState(traits);
    state.addClass('饮料');
    expect(traits.sent).toMatchObject([
      { edit: 'add_class', values: { name: '饮料' } }
    ]);
    traits.set('classes', [...traits.values.classes, '饮料']);
    expect(state.label).toBe('饮料');
  });

  it('are renamed if no box has them', () => {
    const traits = new Traits();
    const state = new BoxState(traits);
    expect(state.unusedClasses).toEqual(['价签']);
    state.renameClass('价签', '价签');
    expect(traits.sent).toEqual([]);
    state.renameClass('价签', '标价');
    expect(traits.sent).toMatchObject([
      { edit: 'rename_class', values: { label: '价签', name: '标价' } }
    ]);
  });
});

describe('the keys of the goods desk', () => {
  const press = (key: string): string | undefined => pressed(actionOf, key);

  it('are all in the help sheet, and each of those does something', () => {
    expect(idleKeys(keyHelp, actionOf)).toEqual([]);
  });

  it('stand for the first nine classes', () => {
    expect(press('1')).toBe('class-1');
    expect(press('9')).toBe('class-9');
    expect(press('0')).toBe('fit');
    expect(press('A')).toBeUndefined();
  });
});
