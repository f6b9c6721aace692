import { DeskInMemory, PLAIN } from '../../desk/__tests__/desk-in-memory';
import type { IDeskLine } from '../desk-lines';
import type { IOcrTraits } from '../line-state';
import { LineState } from '../line-state';

function line(id: number, checked = false): IDeskLine {
  return {
    id,
    text: `line ${id}`,
    points: [],
    confidence: 0.5,
    checked,
    difficult: false
  };
}

class Traits extends DeskInMemory<IOcrTraits> {
  constructor() {
    super({
      ...PLAIN,
      pages: ['a', 'b'].map(name => ({
        name,
        state: 'recognised',
        lines: 3,
        unchecked: 2,
        failure: ''
      })),
      lines: [line(1, true), line(2), line(3)],
      doubt_below: 0.9,
      only_doubtful: false,
      running: false,
      seconds_a_page: 0,
      answered: 4,
      label_folder: ''
    });
  }
}

describe('the state of the desk', () => {
  it('begins with the first doubtful line, else with the first', () => {
    expect(new LineState(new Traits()).selected).toBe(2);
    const checked = new Traits();
    checked.values.lines = [line(1, true), line(2, true)];
    expect(new LineState(checked).selected).toBe(1);
  });

  it('numbers requests, and counts those that are not on disk yet', () => {
    const traits = new Traits();
    const state = new LineState(traits);
    expect(state.pending).toBe(0);
    state.edit('accept', { id: 2 });
    state.edit('undo');
    expect(traits.sent).toEqual([
      { n: 5, do: 'edit', index: 0, edit: 'accept', values: { id: 2 } },
      { n: 6, do: 'edit', index: 0, edit: 'undo', values: {} }
    ]);
    expect(state.pending).toBe(2);
    traits.set('answered', 5);
    expect(state.pending).toBe(1);
    traits.set('answered', 6);
    expect(state.pending).toBe(0);
  });

  it('asks for edits of the page that is shown, not of the one that is coming', () => {
    const traits = new Traits();
    const state = new LineState(traits);
    expect(state.turn(1)).toBe(true);
    state.edit('delete', { id: 2 });
    expect(traits.sent).toMatchObject([{ index: 0 }]);
    traits.set('shown', 1);
    state.refresh();
    state.edit('delete', { id: 2 });
    expect(traits.sent).toMatchObject([{ index: 0 }, { index: 1 }]);
    expect(state.turn(1)).toBe(false);
  });

  it('passes the selection on when its line is removed, and drops a draft with its page', () => {
    const traits = new Traits();
    const state = new LineState(traits);
    traits.set('lines', [line(1), line(3)]);
    state.refresh();
    expect(state.selected).toBe(3);
    state.mode = 'redraw';
    state.draft = [[0, 0]];
    traits.set('shown', 1);
    state.refresh();
    expect([state.mode, state.draft]).toEqual(['walk', null]);
  });

  it('selects an undone edit and a new box', () => {
    const traits = new Traits();
    const state = new LineState(traits);
    state.edit('undo');
    state.refresh();
    expect(state.selected).toBe(2);
    traits.set('lines', [line(1, true), line(2), line(3, true)]);
    state.refresh();
    expect(state.selected).toBe(3);
    state.edit('add');
    traits.set('lines', [line(4), line(1, true), line(2), line(3, true)]);
    state.refresh();
    expect(state.selected).toBe(4);
    traits.set('lines', [line(4), line(1), line(2), line(3, true)]);
    state.refresh();
    expect(state.selected).toBe(4);
  });

  it('steps through doubtful lines only if only they are listed', () => {
    const traits = new Traits();
    traits.values.only_doubtful = true;
    const state = new LineState(traits);
    state.step(1);
    expect(state.selected).toBe(3);
    state.step(1);
    expect(state.selected).toBe(2);
  });
});
