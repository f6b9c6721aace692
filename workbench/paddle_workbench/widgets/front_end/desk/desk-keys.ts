import type { Action } from './desk-actions';

/** The keys of every desk. */
export const SHARED_KEYS: Readonly<Record<string, Action>> = {
  ArrowDown: 'next',
  j: 'next',
  ArrowUp: 'previous',
  k: 'previous',
  w: 'redraw',
  b: 'draw',
  Delete: 'delete',
  x: 'delete',
  z: 'undo',
  'Ctrl+z': 'undo',
  Z: 'redo',
  'Ctrl+Z': 'redo',
  'Ctrl+y': 'redo',
  PageDown: 'next-page',
  ']': 'next-page',
  PageUp: 'previous-page',
  '[': 'previous-page',
  '+': 'zoom-in',
  '=': 'zoom-in',
  '-': 'zoom-out',
  '0': 'fit',
  f: 'fit-item',
  t: 'turn-view',
  'Shift+ArrowLeft': 'pan-left',
  'Shift+ArrowRight': 'pan-right',
  'Shift+ArrowUp': 'pan-up',
  'Shift+ArrowDown': 'pan-down',
  S: 'save',
  '?': 'help',
  Escape: 'leave'
};

/** The action of a key, or undefined. */
export function keyedAction<Action>(
  keys: Readonly<Record<string, Action>>,
  event: KeyboardEvent
): Action | undefined {
  const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
  if (altKey) {
    return undefined;
  }
  if (ctrlKey || metaKey) {
    // On macOS the command key makes small letters of capital ones.
    return keys[`Ctrl+${shiftKey ? key.toUpperCase() : key}`];
  }
  const shift = shiftKey && key.startsWith('Arrow') ? 'Shift+' : '';
  return keys[shift + key];
}
