import type { ITranslation } from '../base/translation';
import { button, heads } from '../compression-lens/controls';
import { make } from '../text/elements';
import type { BenchState } from './bench-state';
import type { BenchRow } from './bench-traits';
import type { Figure } from './figures';
import { bestIn, brief, FIGURES, figureOf } from './figures';
import { errorsText, runDetails } from './run-details';

/** What a server has, in the order of the columns. */
const KNOBS = ['batch', 'wait_ms', 'workers', 'queue', 'threads'] as const;

type Knob = (typeof KNOBS)[number];

interface IRunsOptions {
  readonly state: BenchState;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  /** Called when another run is to be drawn in the foreground. */
  onPoint(): void;
  /** Called when a row was opened or closed. */
  onPin(): void;
}

/** Draw the runs side by side, with what can be done with them. */
export function runsTable(options: IRunsOptions): HTMLElement[] {
  const { state, trans, signal } = options;
  const parts: HTMLElement[] = [];
  const { rows } = state;
  if (rows.length > 0) {
    parts.push(table(options));
  }
  const bar = make('div', 'pw-Text-bar');
  const removed = state.get('removed');
  if (removed > 0) {
    bar.append(
      button(trans.__('Bring back the removed run'), {
        key: 'restore',
        signal,
        shortcut: 'Ctrl+Z',
        onClick: () => {
          state.ask({ do: 'restore' });
        }
      })
    );
  }
  if (bar.childElementCount > 0) {
    parts.push(bar);
  }
  return parts;
}

function table(options: IRunsOptions): HTMLElement {
  const { state, trans } = options;
  const { rows } = state;
  const best = new Map(FIGURES.map(each => [each, bestIn(rows, each)]));
  const knobs = KNOBS.filter(each => differs(rows, each));
  const element = make('table', 'pw-ServingBench-table');
  element.append(
    make('caption', 'pw-ServingBench-unseen', trans.__('Runs')),
    heads([
      trans.__('run'),
      trans.__('load'),
      ...knobs.map(each => knobHead(each, trans)),
      ...FIGURES.map(each => headOf(each, trans)),
      trans.__('actions')
    ])
  );
  const body = make('tbody');
  for (const row of rows) {
    body.append(...lines(row, { ...options, best, knobs }));
  }
  element.append(body);
  const scroll = make('div', 'pw-Text-scroll');
  scroll.dataset.scroll = 'runs';
  scroll.append(element);
  const [first] = rows;
  const same = KNOBS.filter(each => !knobs.includes(each));
  const notes = make('p', 'pw-Text-note');
  if (first !== undefined && same.length > 0) {
    const values = same.flatMap(each => knobText(first, each, trans));
    notes.append(
      trans.__('The server in all runs: %1.', values.join(trans.__(', '))),
      ' '
    );
  }
  if ([...best.values()].some(each => each.size > 0)) {
    notes.append(
      trans.__(
        '★ best among the runs with the same load, of latencies among those without errors; less than 1 % counts as equal.'
      )
    );
  }
  scroll.append(notes);
  return scroll;
}

interface ILineOptions extends IRunsOptions {
  readonly best: ReadonlyMap<Figure, ReadonlySet<number>>;
  /** The settings in which runs differ. */
  readonly knobs: readonly Knob[];
}

/** A row of the table, and the one below it that says more if it is open. */
function lines(row: BenchRow, options: ILineOptions): HTMLElement[] {
  const { state, trans, signal, best, knobs } = options;
  const { number, result } = row;
  const line = make('tr');
  const isPinned = state.pinned === number;
  line.classList.toggle('pw-mod-pinned', isPinned);
  line.dataset.run = String(number);
  const head = make('th');
  head.scope = 'row';
  head.append(nameOf(row, options));
  line.append(
    head,
    make('td', 'pw-mod-text', loadText(row, trans)),
    ...knobs.map(each => make('td', '', String(knobOf(row, each) ?? '–')))
  );
  for (const figure of FIGURES) {
    const value = figureOf(row, figure);
    const cell = make('td', '', value === null ? '–' : brief(value));
    if (best.get(figure)?.has(number)) {
      cell.className = 'pw-mod-best';
      cell.textContent = `★ ${cell.textContent}`;
      cell.title = trans.__('best among the runs with the same load');
    }
    if (figure === 'errors' && value) {
      cell.classList.add('pw-mod-failed');
      cell.title = errorsText(result.errors);
    }
    line.append(cell);
  }
  const repeat = labelled(
    '↻',
    trans.__('Repeat run %1', number),
    `repeat ${number}`,
    () => {
      if (state.isIdle) {
        state.ask({ do: 'repeat', number });
      }
    }
  );
  // Not disabled, which would take the focus away.
  repeat.setAttribute('aria-disabled', String(!state.isIdle));
  const actions = make('td', 'pw-ServingBench-actions');
  actions.append(
    repeat,
    hideButton(row, options),
    labelled('✕', trans.__('Remove run %1', number), `remove ${number}`, () => {
      state.ask({ do: 'remove', number });
    })
  );
  line.append(actions);
  const point = (value: number | null) => (): void => {
    if (state.pointed !== value) {
      state.pointed = value;
      options.onPoint();
    }
  };
  line.addEventListener('pointerenter', point(number), { signal });
  line.addEventListener('pointerleave', point(null), { signal });
  line.addEventListener('focusin', point(number), { signal });
  line.addEventListener('focusout', point(null), { signal });
  return isPinned
    ? [line, runDetails(row, trans, FIGURES.length + knobs.length + 3)]
    : [line];

  function labelled(
    sign: string,
    label: string,
    key: string,
    onClick: () => void
  ): HTMLButtonElement {
    const element = button(sign, { key, signal, onClick });
    element.setAttribute('aria-label', label);
    element.title = label;
    return element;
  }
}

/** What opens and closes a row. */
function nameOf(
  { number, result }: BenchRow,
  { state, trans, signal, onPin }: IRunsOptions
): HTMLButtonElement {
  const isPinned = state.pinned === number;
  const signs = [
    result.notes.length > 0 ? '⚠' : '',
    result.is_complete ? '' : '◼'
  ];
  const element = make(
    'button',
    'pw-ServingBench-name',
    [String(number), ...signs].filter(Boolean).join(' ')
  );
  element.type = 'button';
  element.dataset.key = `run ${number}`;
  element.setAttribute('aria-expanded', String(isPinned));
  const facts = [
    trans.__('Run %1', number),
    result.is_complete ? '' : trans.__('stopped early'),
    result.notes.length > 0 ? trans.__('%1 notes', result.notes.length) : ''
  ];
  element.setAttribute(
    'aria-label',
    facts.filter(Boolean).join(trans.__(', '))
  );
  element.title = trans.__('Show what is known of the run');
  element.addEventListener(
    'click',
    () => {
      state.pinned = isPinned ? null : number;
      onPin();
    },
    { signal }
  );
  return element;
}

function hideButton(
  { number }: BenchRow,
  { state, trans, signal }: IRunsOptions
): HTMLButtonElement {
  const isHidden = state.get('hidden').includes(number);
  const element = button(isHidden ? '○' : '●', {
    key: `hide ${number}`,
    signal,
    onClick: () => {
      state.toggleHidden(number);
    }
  });
  const label = trans.__('Draw run %1', number);
  element.setAttribute('aria-label', label);
  element.setAttribute('aria-pressed', String(!isHidden));
  element.title = label;
  return element;
}

function loadText({ result }: BenchRow, trans: ITranslation): string {
  const { plan } = result;
  const { clients, rate, arrivals, size, duration_s: seconds } = plan;
  const parts = [
    clients !== null
      ? clients === 1
        ? trans.__('1 client')
        : trans.__('%1 clients', clients)
      : arrivals === 'poisson'
        ? trans.__('%1/s, Poisson', rate ?? 0)
        : trans.__('%1/s, constant', rate ?? 0),
    ...(size > 1 ? [trans.__('%1 inputs each', size)] : []),
    trans.__('%1 s', seconds)
  ];
  return parts.join(trans.__(', '));
}

function knobOf({ settings, threads }: BenchRow, knob: Knob): number | null {
  return knob === 'threads' ? threads : settings[knob];
}

function differs(rows: readonly BenchRow[], knob: Knob): boolean {
  return new Set(rows.map(row => knobOf(row, knob))).size > 1;
}

/** A setting with its value; nothing if it is not known. */
function knobText(row: BenchRow, knob: Knob, trans: ITranslation): string[] {
  const value = knobOf(row, knob);
  if (value === null) {
    return [];
  }
  switch (knob) {
    case 'batch':
      return [trans.__('batch %1', value)];
    case 'wait_ms':
      return [trans.__('wait %1 ms', value)];
    case 'workers':
      return [trans.__('workers %1', value)];
    case 'queue':
      return [trans.__('queue %1', value)];
    case 'threads':
      return [trans.__('threads %1', value)];
  }
}

function knobHead(knob: Knob, trans: ITranslation): string {
  switch (knob) {
    case 'batch':
      return trans.__('batch');
    case 'wait_ms':
      return trans.__('wait, ms');
    case 'workers':
      return trans.__('workers');
    case 'queue':
      return trans.__('queue');
    case 'threads':
      return trans.__('threads');
  }
}

function headOf(figure: Figure, trans: ITranslation): string {
  switch (figure) {
    case 'per_second':
      return trans.__('answers/s');
    case 'p50':
      return trans.__('p50 ms');
    case 'p95':
      return trans.__('p95 ms');
    case 'p99':
      return trans.__('p99 ms');
    case 'errors':
      return trans.__('errors');
    case 'batch':
      return trans.__('mean batch');
    case 'memory':
      return trans.__('memory, MiB');
  }
}
