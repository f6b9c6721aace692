import type { RunGroup, RunStatus } from '../contract';
import type { RunState } from './run-state';
import { RUN_STATES } from './run-state';
import type { ITitleParts } from './run-text';
import { numericMetrics, parametersText, titleParts } from './run-text';

/** What of the runs is shown, and in which order. */
export interface IRunQuery {
  /** Words that parameters, notebook, metrics or error must contain. */
  readonly text: string;
  readonly state: RunState | null;
  readonly notebook: string | null;
  /** `time`, `state`, `duration`, or `metric:` with the name of a metric. */
  readonly order: string;
  readonly isReversed: boolean;
}

export const EVERYTHING: IRunQuery = {
  text: '',
  state: null,
  notebook: null,
  order: 'time',
  isReversed: false
};

/** The runs of a sweep, in the order in which they were created. */
export interface IRunFamily {
  readonly group: RunGroup;
  readonly runs: readonly RunStatus[];
}

/** A row of the list. */
export type RunRow =
  | {
      readonly key: string;
      readonly family: IRunFamily;
      readonly status: null;
      readonly isOpen: boolean;
      readonly isMember: false;
      readonly title: null;
    }
  | {
      readonly key: string;
      readonly family: null;
      readonly status: RunStatus;
      readonly isOpen: false;
      /** Whether it is shown under its sweep. */
      readonly isMember: boolean;
      readonly title: ITitleParts;
    };

/** Mean and sample standard deviation of a metric over runs. */
export interface ISpread {
  readonly name: string;
  readonly mean: number;
  /** Null for a single value. */
  readonly deviation: number | null;
  readonly count: number;
}

/** The rows of the list: running, then queued, then ended runs; sweeps folded into one row. */
export function rowsOf(
  runs: readonly RunStatus[],
  query: IRunQuery,
  openGroups: ReadonlySet<string>
): RunRow[] {
  const entries = entriesOf(runs.filter(status => matches(status, query)));
  const order = compareBy(query);
  const varied = variedParameters(runs);
  return entries
    .map(entry => ({ entry, rank: rankOf(entry), value: order.value(entry) }))
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        (a.rank < 2
          ? order.byAge(a.entry, b.entry)
          : order.byValue(a.value, b.value) || order.byAge(b.entry, a.entry))
    )
    .flatMap(({ entry }) => rowsOfEntry(entry, openGroups, varied));
}

/** The families of all sweeps among runs. */
export function familiesOf(runs: readonly RunStatus[]): IRunFamily[] {
  return entriesOf(runs).flatMap(({ family }) => (family ? [family] : []));
}

/** The spread of every metric over the runs that have ended well. */
export function spreadsOf(runs: readonly RunStatus[]): ISpread[] {
  const values = new Map<string, number[]>();
  for (const { run } of runs) {
    if (run.state === 'succeeded') {
      for (const [name, value] of numericMetrics(run)) {
        values.set(name, [...(values.get(name) ?? []), value]);
      }
    }
  }
  return [...values].map(([name, numbers]) => {
    const count = numbers.length;
    const mean = numbers.reduce((sum, value) => sum + value, 0) / count;
    const squares = numbers.reduce(
      (sum, value) => sum + (value - mean) ** 2,
      0
    );
    const deviation = count > 1 ? Math.sqrt(squares / (count - 1)) : null;
    return { name, mean, deviation, count };
  });
}

/** The names of all metrics that are numbers. */
export function metricNames(runs: readonly RunStatus[]): string[] {
  const names = new Set<string>();
  for (const { run } of runs) {
    for (const [name] of numericMetrics(run)) {
      names.add(name);
    }
  }
  return [...names].sort();
}

/** For each notebook, how many values each parameter has in the runs outside of sweeps. */
function variedParameters(
  runs: readonly RunStatus[]
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const seen = new Map<string, Map<string, Set<string>>>();
  for (const { run } of runs) {
    if (run.group) {
      continue;
    }
    const values = seen.get(run.notebook) ?? new Map<string, Set<string>>();
    seen.set(run.notebook, values);
    for (const [name, value] of Object.entries(run.parameters)) {
      const texts = values.get(name) ?? new Set<string>();
      values.set(name, texts.add(JSON.stringify(value)));
    }
  }
  return new Map(
    [...seen].map(([notebook, values]) => [
      notebook,
      new Map([...values].map(([name, texts]) => [name, texts.size]))
    ])
  );
}

/** An entry of the top level: a run, or a sweep with its runs. */
interface IEntry {
  readonly family: IRunFamily | null;
  readonly runs: readonly RunStatus[];
  readonly time: number;
}

function entriesOf(runs: readonly RunStatus[]): IEntry[] {
  const groups = new Map<string, { group: RunGroup; runs: RunStatus[] }>();
  const entries: IEntry[] = [];
  for (const status of runs) {
    const { group } = status.run;
    if (!group) {
      entries.push({ family: null, runs: [status], time: timeOf(status) });
    } else {
      const family = groups.get(group.id);
      if (family) {
        family.runs.push(status);
      } else {
        groups.set(group.id, { group, runs: [status] });
      }
    }
  }
  for (const family of groups.values()) {
    family.runs.sort(byCreation);
    const time = Math.max(...family.runs.map(timeOf));
    entries.push({ family, runs: family.runs, time });
  }
  return entries;
}

function rowsOfEntry(
  { family, runs }: IEntry,
  openGroups: ReadonlySet<string>,
  varied: ReadonlyMap<string, ReadonlyMap<string, number>>
): RunRow[] {
  const memberRow = (status: RunStatus): RunRow => ({
    key: status.run.id,
    family: null,
    status,
    isOpen: false,
    isMember: family !== null,
    // What tells runs of a sweep apart are its axes.
    title: titleParts(
      status.run,
      (family ? null : varied.get(status.run.notebook)) ?? new Map()
    )
  });
  if (!family) {
    return runs.map(memberRow);
  }
  const { id } = family.group;
  const isOpen = openGroups.has(id);
  // What runs is shown also while its sweep is folded.
  const members = isOpen
    ? runs
    : runs.filter(({ run }) => run.state === 'running');
  return [
    {
      key: `group:${id}`,
      family,
      status: null,
      isOpen,
      isMember: false,
      title: null
    },
    ...members.map(memberRow)
  ];
}

function matches(status: RunStatus, query: IRunQuery): boolean {
  const { run } = status;
  if (query.state !== null && run.state !== query.state) {
    return false;
  }
  if (query.notebook !== null && run.notebook !== query.notebook) {
    return false;
  }
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return true;
  }
  const text = [
    run.id,
    run.notebook,
    parametersText(run),
    ...Object.keys(run.metrics),
    run.error?.message ?? ''
  ]
    .join(' ')
    .toLowerCase();
  return words.every(word => text.includes(word));
}

function rankOf({ runs }: IEntry): number {
  const has = (state: RunState): boolean =>
    runs.some(({ run }) => run.state === state);
  return has('running') ? 0 : has('queued') ? 1 : 2;
}

interface IOrder {
  value: (entry: IEntry) => number | null;
  byValue: (a: number | null, b: number | null) => number;
  byAge: (a: IEntry, b: IEntry) => number;
}

function compareBy({ isReversed, order }: IRunQuery): IOrder {
  const sign = isReversed ? -1 : 1;
  return {
    value: valueBy(order),
    // Runs without the value are last, in either direction.
    byValue: (a, b) =>
      a === null || b === null
        ? Number(a === null) - Number(b === null)
        : sign * (a - b),
    byAge: (a, b) => a.time - b.time
  };
}

/** What the ended entries are sorted by, so that the first is what people look for first. */
function valueBy(order: string): (entry: IEntry) => number | null {
  switch (order) {
    case 'time':
      return ({ time }) => -time;
    case 'state':
      return ({ runs }) =>
        Math.min(...runs.map(({ run }) => RUN_STATES.indexOf(run.state)));
    case 'duration':
      return ({ runs }) => {
        const durations = runs.flatMap(({ run }) => run.duration_s ?? []);
        return durations.length > 0 ? -sum(durations) : null;
      };
    default: {
      const name = order.replace(/^metric:/, '');
      return ({ runs }) => {
        const values = runs.flatMap(({ run }) => {
          const value = run.metrics[name];
          return typeof value === 'number' ? [value] : [];
        });
        return values.length > 0 ? -sum(values) / values.length : null;
      };
    }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function timeOf({ run }: RunStatus): number {
  return Date.parse(run.created_at);
}

function byCreation(a: RunStatus, b: RunStatus): number {
  return timeOf(a) - timeOf(b) || (a.run.id < b.run.id ? -1 : 1);
}
