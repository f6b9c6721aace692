import type { IDeskItem } from '../desk/desk-items';

/** A line of text on the page, in reading order. */
export interface IDeskLine extends IDeskItem {
  readonly text: string;
  readonly confidence: number | null;
  readonly checked: boolean;
  readonly difficult: boolean;
}

/** A page in the list of pages. */
export interface IPageSummary {
  readonly name: string;
  readonly state: 'waiting' | 'recognised' | 'done' | 'failed';
  readonly lines: number;
  readonly unchecked: number;
  readonly failure: string;
}

/** The status of a line: one that a person has checked is neither sure nor doubtful. */
export type LineStatus = 'checked' | 'doubtful' | 'sure';

export const SIGNS: Record<LineStatus, string> = {
  checked: '✓',
  doubtful: '?',
  sure: '·'
};

export function statusOf(line: IDeskLine, below: number): LineStatus {
  if (line.checked) {
    return 'checked';
  }
  return line.confidence === null || line.confidence < below
    ? 'doubtful'
    : 'sure';
}

/** How many code points stand before a place that the browser counts in UTF-16. */
export function codePointsBefore(text: string, place: number): number {
  return Array.from(text.slice(0, place)).length;
}
