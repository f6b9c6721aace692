/** A corner in pixels of the picture. */
export type Point = readonly [number, number];

/** A line of text on the page, in reading order. */
export interface IDeskLine {
  readonly id: number;
  readonly text: string;
  readonly points: readonly Point[];
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

/**
 * The line that comes next in a direction, round the end if need be, of those that `wanted` takes.
 * Returns null if there is none but the line itself.
 */
export function nextLine(
  lines: readonly IDeskLine[],
  from: number | null,
  by: 1 | -1,
  wanted: (line: IDeskLine) => boolean
): number | null {
  const start = lines.findIndex(line => line.id === from);
  const count = lines.length;
  const first = start < 0 ? (by === 1 ? -1 : 0) : start;
  for (let step = 1; step <= count; step++) {
    const line = lines[(((first + by * step) % count) + count) % count];
    if (line !== undefined && line.id !== from && wanted(line)) {
      return line.id;
    }
  }
  return null;
}

/** The line that takes the place of one that is gone: what stands there now, or the last. */
export function lineInPlace(
  lines: readonly IDeskLine[],
  before: readonly IDeskLine[],
  id: number | null
): number | null {
  if (lines.some(line => line.id === id)) {
    return id;
  }
  const place = before.findIndex(line => line.id === id);
  return (lines[place < 0 ? 0 : place] ?? lines[lines.length - 1])?.id ?? null;
}

/** The first line that is new or not as it was, or null. */
export function firstChanged(
  lines: readonly IDeskLine[],
  before: readonly IDeskLine[]
): number | null {
  const known = new Map(before.map(line => [line.id, JSON.stringify(line)]));
  const changed = lines.find(
    line => known.get(line.id) !== JSON.stringify(line)
  );
  return changed?.id ?? null;
}

/** Whether a point lies inside a polygon (even-odd rule). */
export function contains(
  points: readonly Point[],
  x: number,
  y: number
): boolean {
  let inside = false;
  points.forEach(([ax, ay], at) => {
    const [bx, by] = points[(at + 1) % points.length] ?? [ax, ay];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) {
      inside = !inside;
    }
  });
  return inside;
}

/** The corners of the upright rectangle around points: left, top, right, bottom. */
export function bounds(
  points: readonly Point[]
): readonly [number, number, number, number] {
  const xs = points.map(point => point[0]);
  const ys = points.map(point => point[1]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** How many code points stand before a place that the browser counts in UTF-16. */
export function codePointsBefore(text: string, place: number): number {
  return Array.from(text.slice(0, place)).length;
}
