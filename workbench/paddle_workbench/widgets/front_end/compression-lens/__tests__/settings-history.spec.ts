import { SettingsHistory } from '../settings-history';

const [ONE, TWO] = [
  { a: { bits: 8, kept: null } },
  { a: { bits: 4, kept: null } }
];

describe('the history of settings', () => {
  it('goes back and forth', () => {
    const history = new SettingsHistory({});
    expect([history.canUndo, history.undo()]).toEqual([false, false]);
    history.apply(ONE);
    history.apply(TWO);
    expect([history.undo(), history.current]).toEqual([true, ONE]);
    expect([history.undo(), history.current]).toEqual([true, {}]);
    expect([history.redo(), history.current]).toEqual([true, ONE]);
    expect(history.canRedo).toBe(true);
  });

  it('forgets what was undone when something else is done', () => {
    const history = new SettingsHistory({});
    history.apply(ONE);
    history.undo();
    history.apply(TWO);
    expect([history.canRedo, history.current]).toEqual([false, TWO]);
  });

  it('does not count what changes nothing', () => {
    const history = new SettingsHistory({});
    expect(history.apply({ a: { bits: 32, kept: null } })).toBe(false);
    expect(history.canUndo).toBe(false);
  });
});
