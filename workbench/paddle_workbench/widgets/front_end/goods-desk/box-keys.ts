import type { ITranslation } from '../base/translation';
import type { Action as SharedAction } from '../desk/desk-actions';
import { keyedAction, SHARED_KEYS } from '../desk/desk-keys';

/** The classes that have a key of their own. */
export const KEYED_CLASSES = 9;

/** The actions that only boxes of goods have. */
export type BoxAction =
  | `class-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`
  | 'choose-class'
  | 'new-class'
  | 'rename-class';

/** The actions of keys and buttons. */
export type Action = SharedAction | BoxAction;

const KEYS: Readonly<Record<string, Action>> = {
  ...SHARED_KEYS,
  c: 'choose-class',
  n: 'new-class',
  N: 'rename-class',
  '1': 'class-1',
  '2': 'class-2',
  '3': 'class-3',
  '4': 'class-4',
  '5': 'class-5',
  '6': 'class-6',
  '7': 'class-7',
  '8': 'class-8',
  '9': 'class-9'
};

/** The action of a key, or undefined. */
export function actionOf(event: KeyboardEvent): Action | undefined {
  return keyedAction(KEYS, event);
}

/** The help sheet: keys and what they do. */
export function keyHelp(trans: ITranslation): [string, string][] {
  return [
    ['↓ ↑', trans.__('next or previous box')],
    ['1 9', trans.__('1 to 9: give the box the class with this number')],
    ['c', trans.__('choose a class from the list')],
    ['n', trans.__('add a class')],
    ['N', trans.__('rename a class that has no boxes')],
    [
      'w',
      trans.__(
        'move or resize: Tab selects the next corner, arrows move it, Alt moves the whole box, Shift moves ten times as far, Enter saves'
      )
    ],
    ['b', trans.__('draw a new box, with the pointer or the same keys')],
    ['x Delete', trans.__('delete')],
    ['z Z', trans.__('undo, redo')],
    ['[ ]', trans.__('previous or next picture')],
    ['+ - 0 f', trans.__('zoom in, out, whole picture, this box')],
    ['t', trans.__('rotate the view')],
    ['Shift+←→↑↓', trans.__('pan the image')],
    ['S', trans.__('save as COCO')],
    ['Esc', trans.__('cancel the current action')]
  ];
}
