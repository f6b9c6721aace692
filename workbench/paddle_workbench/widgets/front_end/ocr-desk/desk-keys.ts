import type { ITranslation } from '../base/translation';
import type { Action as SharedAction } from '../desk/desk-actions';
import { keyedAction, SHARED_KEYS } from '../desk/desk-keys';

/** The actions that only lines of text have. */
export type LineAction =
  | 'next-doubtful'
  | 'previous-doubtful'
  | 'accept'
  | 'accept-all'
  | 'edit'
  | 'split'
  | 'merge'
  | 'rotate'
  | 'difficult'
  | 'read-again'
  | 'only-doubtful'
  | 'doubt-less'
  | 'doubt-more';

/** The actions of keys and buttons. */
export type Action = SharedAction | LineAction;

const KEYS: Readonly<Record<string, Action>> = {
  ...SHARED_KEYS,
  n: 'next-doubtful',
  p: 'previous-doubtful',
  Enter: 'accept',
  A: 'accept-all',
  e: 'edit',
  F2: 'edit',
  s: 'split',
  m: 'merge',
  r: 'rotate',
  i: 'difficult',
  g: 'read-again',
  o: 'only-doubtful',
  '<': 'doubt-less',
  '>': 'doubt-more'
};

/** The action of a key, or undefined. */
export function actionOf(event: KeyboardEvent): Action | undefined {
  return keyedAction(KEYS, event);
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
        'redraw: Tab selects the next corner, arrows move it, Alt moves the whole box, Shift moves ten times as far, Enter saves'
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
