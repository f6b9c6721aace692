import { WidgetTranslation } from '../../base/translation';
import { actionOf, keyHelp } from '../desk-keys';

function press(key: string, more: KeyboardEventInit = {}): string | undefined {
  return actionOf(new KeyboardEvent('keydown', { key, ...more }));
}

describe('the keys of the desk', () => {
  it('are all in the help sheet, and each of those does something', () => {
    const arrows: Record<string, string> = {
      '↓': 'ArrowDown',
      '↑': 'ArrowUp',
      Esc: 'Escape'
    };
    const keys = keyHelp(new WidgetTranslation('en', {}))
      .flatMap(([shortcuts]) => shortcuts.split(' '))
      .filter(key => key !== 'Shift+←→↑↓')
      .map(key => arrows[key] ?? key);
    expect(keys.filter(key => press(key) === undefined)).toEqual([]);
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
