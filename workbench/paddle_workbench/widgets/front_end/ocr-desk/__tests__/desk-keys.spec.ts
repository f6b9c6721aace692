import {
  idleKeys,
  press as pressed
} from '../../desk/__tests__/desk-in-memory';
import { actionOf, keyHelp } from '../desk-keys';

const press = (key: string, held?: KeyboardEventInit): string | undefined =>
  pressed(actionOf, key, held);

describe('the keys of the desk', () => {
  it('are all in the help sheet, and each of those does something', () => {
    expect(idleKeys(keyHelp, actionOf)).toEqual([]);
    expect(press('ArrowLeft', { shiftKey: true })).toBe('pan-left');
  });

  it('undo and redo in upper and lower case', () => {
    expect(press('z')).toBe('undo');
    expect(press('Z', { shiftKey: true })).toBe('redo');
    for (const held of [{ ctrlKey: true }, { metaKey: true }]) {
      expect(press('z', held)).toBe('undo');
      expect(press('Z', { ...held, shiftKey: true })).toBe('redo');
      // macOS, where the command key makes small letters.
      expect(press('z', { ...held, shiftKey: true })).toBe('redo');
      expect(press('y', held)).toBe('redo');
    }
  });

  it('are left to JupyterLab where it has its own', () => {
    expect(press('s', { ctrlKey: true })).toBeUndefined();
    expect(press('Enter', { ctrlKey: true })).toBeUndefined();
    expect(press('n', { altKey: true })).toBeUndefined();
    expect(press('d')).toBeUndefined();
  });
});
