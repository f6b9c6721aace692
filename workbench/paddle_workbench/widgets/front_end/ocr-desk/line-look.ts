import type { IItemLook } from '../desk/page-canvas';
import type { IDeskLine, LineStatus } from './desk-lines';
import { statusOf } from './desk-lines';
import type { LineState } from './line-state';

const COLOURS: Readonly<Record<LineStatus, string>> = {
  sure: '--pw-accent',
  checked: '--pw-ok',
  doubtful: '--pw-error'
};

/** How lines are drawn: by their status, with a mark where their text begins. */
export function lineLook(state: LineState): IItemLook<IDeskLine> {
  return {
    kinds: Object.keys(COLOURS),
    kindOf: line => statusOf(line, state.get('doubt_below')),
    styleOf: kind => ({
      colour: COLOURS[kind as LineStatus],
      isDashed: kind === 'doubtful'
    }),
    isDirected: true,
    isMoved: false
  };
}
