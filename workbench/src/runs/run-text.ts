import type { TranslationBundle } from '@jupyterlab/translation';
import type { RunRecord, RunStatus } from '../contract';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** The file name of a run's notebook, without its ending. */
export function notebookName(path: string): string {
  return (path.split('/').pop() ?? path).replace(/\.ipynb$/, '');
}

/** A value of a parameter or metric, in one line. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? String(value)
      : String(Number(value.toPrecision(4)));
  }
  if (value === null || value === undefined) {
    return 'None';
  }
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  return JSON.stringify(value);
}

/** A value of a parameter in full. */
export function exactText(value: unknown): string {
  return typeof value === 'number' ? String(value) : valueText(value);
}

/** The parameters that were set, the swept ones first. */
export function parametersText(run: RunRecord): string {
  const { common, distinct } = titleParts(run, new Map());
  return [distinct, common].filter(Boolean).join(' ');
}

/** The parameters that were set: those that tell runs of a notebook apart, and the others. */
export interface ITitleParts {
  readonly distinct: string;
  readonly common: string;
}

/**
 * Divide the parameters that were set.
 *
 * @param varied - in how many values of each parameter runs of the notebook differ; those of a
 *   sweep come first anyway
 */
export function titleParts(
  run: RunRecord,
  varied: ReadonlyMap<string, number>
): ITitleParts {
  const axes = run.group?.axes ?? [];
  const given = run.given ?? Object.keys(run.parameters);
  const values = (name: string): number => varied.get(name) ?? 1;
  const names = [
    ...axes,
    ...given
      .filter(name => !axes.includes(name))
      .sort((a, b) => values(b) - values(a))
  ];
  const isDistinct = (name: string): boolean =>
    axes.includes(name) || values(name) > 1;
  const textOf = (chosen: string[]): string[] =>
    chosen
      .filter(name => name in run.parameters)
      .map(name => `${name}=${exactText(run.parameters[name])}`);
  const distinct = textOf(names.filter(isDistinct)).join(' ');
  const common = [
    ...textOf(names.filter(name => !isDistinct(name))),
    ...run.secrets.map(name => `${name}=•••`)
  ].join(' ');
  return distinct === ''
    ? { distinct: common, common: '' }
    : { distinct, common };
}

/** Why a run has not succeeded; the cell is named before it. */
export function errorText(run: RunRecord): string {
  const message = run.error?.message ?? '';
  const cell = ` (in cell \`${run.failed_cell ?? ''}\`)`;
  return message.endsWith(cell) ? message.slice(0, -cell.length) : message;
}

/** What a run is called in a list. */
export function runTitle(run: RunRecord): string {
  return parametersText(run) || notebookName(run.notebook);
}

/** A duration such as 0:21 or 1:02:03; below ten seconds with a fraction. */
export function durationText(
  seconds: number,
  trans: TranslationBundle
): string {
  if (seconds < 10) {
    return trans.__('%1 s', seconds.toFixed(1));
  }
  return clockText(seconds);
}

/** A duration as a clock shows it, in whole seconds. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  if (hours > 0) {
    parts.unshift(hours);
  }
  return parts
    .map((part, index) => (index === 0 ? part : String(part).padStart(2, '0')))
    .join(':');
}

/** A time ahead, as nobody knows it better. */
export function roughText(seconds: number, trans: TranslationBundle): string {
  if (seconds < 60) {
    const step = seconds < 10 ? 1 : 5;
    return trans.__('%1 s', Math.max(1, Math.ceil(seconds / step) * step));
  }
  if (seconds < 3600) {
    return trans.__('%1 min', Math.round(seconds / 60));
  }
  return trans.__('%1 h', (seconds / 3600).toFixed(1));
}

/** An amount of memory. */
export function memoryText(bytes: number): string {
  return bytes < GIB
    ? `${(bytes / MIB).toFixed(0)} MB`
    : `${(bytes / GIB).toFixed(1)} GB`;
}

/** The seconds that a run probably still needs; null if nobody knows. */
export function secondsLeft(status: RunStatus, now: number): number | null {
  const { cell_expected_s: cell, live, remaining_s: remaining } = status;
  if (remaining === null) {
    return null;
  }
  const started = live?.cell_started_at;
  const spent = started ? (now - Date.parse(started)) / 1000 : 0;
  return Math.max(0, remaining - Math.min(Math.max(0, spent), cell ?? 0));
}

/** The seconds since a run started. */
export function secondsSince(time: string | null, now: number): number {
  return time === null ? 0 : Math.max(0, (now - Date.parse(time)) / 1000);
}

/** A point in time: today the clock, otherwise the date. */
export function timeText(time: string, now: Date): string {
  const date = new Date(time);
  return date.toDateString() === now.toDateString()
    ? date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString([], { month: 'short', day: 'numeric' });
}

/** The metrics that are numbers. */
export function numericMetrics(run: RunRecord): [string, number][] {
  return Object.entries(run.metrics).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number'
  );
}
