import type { ITranslation } from '../base/translation';

/** The actions of keys and buttons. */
export type Action =
  | 'next'
  | 'previous'
  | 'next-doubtful'
  | 'previous-doubtful'
  | 'accept'
  | 'accept-all'
  | 'edit'
  | 'split'
  | 'merge'
  | 'redraw'
  | 'draw'
  | 'rotate'
  | 'delete'
  | 'difficult'
  | 'read-again'
  | 'undo'
  | 'redo'
  | 'next-page'
  | 'previous-page'
  | 'only-doubtful'
  | 'doubt-less'
  | 'doubt-more'
  | 'zoom-in'
  | 'zoom-out'
  | 'fit'
  | 'fit-line'
  | 'turn-view'
  | 'pan-left'
  | 'pan-right'
  | 'pan-up'
  | 'pan-down'
  | 'save'
  | 'help'
  | 'leave';

const KEYS: Readonly<Record<string, Action>> = {
  ArrowDown: 'next',
  j: 'next',
  ArrowUp: 'previous',
  k: 'previous',
  n: 'next-doubtful',
  p: 'previous-doubtful',
  Enter: 'accept',
  A: 'accept-all',
  e: 'edit',
  F2: 'edit',
  s: 'split',
  m: 'merge',
  w: 'redraw',
  b: 'draw',
  r: 'rotate',
  Delete: 'delete',
  x: 'delete',
  i: 'difficult',
  g: 'read-again',
  z: 'undo',
  'Ctrl+z': 'undo',
  Z: 'redo',
  'Ctrl+Z': 'redo',
  'Ctrl+y': 'redo',
  PageDown: 'next-page',
  ']': 'next-page',
  PageUp: 'previous-page',
  '[': 'previous-page',
  o: 'only-doubtful',
  '<': 'doubt-less',
  '>': 'doubt-more',
  '+': 'zoom-in',
  '=': 'zoom-in',
  '-': 'zoom-out',
  '0': 'fit',
  f: 'fit-line',
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
export function actionOf(event: KeyboardEvent): Action | undefined {
  const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
  if (altKey) {
    return undefined;
  }
  if (ctrlKey || metaKey) {
    // On macOS the command key makes small letters of capital ones.
    return KEYS[`Ctrl+${shiftKey ? key.toUpperCase() : key}`];
  }
  const shift = shiftKey && key.startsWith('Arrow') ? 'Shift+' : '';
  return KEYS[shift + key];
}

/** The help sheet: keys and what they do. */
export function keyHelp(trans: ITranslation): [string, string][] {
  return [
    ['↓ ↑', trans.__('next or previous line')],
    ['n p', trans.__('next or previous doubtful line')],
    ['Enter', trans.__('accept, and go to the next doubtful line')],
    ['A', trans.__('accept every line on the page')],
    ['e', trans.__('edit the text; Enter saves, Esc cancels')],
    ['s', trans.__('split: place the cursor, then press Enter')],
    ['m', trans.__('merge with the next line')],
    [
      'w',
      trans.__(
        'redraw: Tab selects the next corner, arrows move it, Alt moves the whole box, Shift moves by 10 pixels, Enter saves'
      )
    ],
    ['b', trans.__('draw a new box, with the pointer or the same keys')],
    ['r', trans.__('rotate: turn the reading direction by 90°')],
    ['x Delete', trans.__('delete')],
    ['g', trans.__('recognise this line again')],
    ['i', trans.__('difficult: leave the line out of training')],
    ['z Z', trans.__('undo, redo')],
    ['[ ]', trans.__('previous or next page')],
    ['o', trans.__('list only doubtful lines')],
    ['< >', trans.__('mark fewer or more lines as doubtful')],
    ['+ - 0 f', trans.__('zoom in, out, whole page, this line')],
    ['t', trans.__('rotate the view')],
    ['Shift+←→↑↓', trans.__('pan the image')],
    ['S', trans.__('save as Label.txt')],
    ['Esc', trans.__('cancel the current action')]
  ];
}
