import type { ITranslation } from './base/translation';
import { defineWidget } from './base/widget';
import { button } from './compression-lens/controls';
import { Slot } from './compression-lens/slot';
import { BenchState } from './serving-bench/bench-state';
import type { IBenchTraits } from './serving-bench/bench-traits';
import { charts, momentAt, readings, secondsAt } from './serving-bench/charts';
import { brief, figureOf } from './serving-bench/figures';
import { LoadForm } from './serving-bench/load-form';
import { runsTable } from './serving-bench/runs-table';
import { make } from './text/elements';
import chinese from './serving-bench.zh.json';

/** Keys that JupyterLab would take for its own. */
const OWN_KEYS = /^(Enter| |Escape|Arrow.*|Home|End|Page.*)$/;

export default defineWidget<IBenchTraits>(
  chinese,
  ({ model, root, trans, signal, onChange }) => {
    root.classList.add('pw-ServingBench');
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', trans.__('Serving bench'));
    const state = new BenchState(model);
    const form = make('form', 'pw-ServingBench-form');
    form.noValidate = true;
    const fields = new LoadForm(state, trans, signal);
    const bar = new Slot(make('div', 'pw-ServingBench-bar'), signal);
    const drawing = new Slot(make('div', 'pw-ServingBench-charts'), signal);
    const runs = new Slot(make('div', 'pw-ServingBench-runs'), signal);
    const summary = make('p', 'pw-ServingBench-summary');
    summary.setAttribute('aria-live', 'polite');
    const readout = make('p', 'pw-ServingBench-unseen');
    readout.setAttribute('aria-live', 'polite');
    const failure = make('div', 'pw-Widget-failure');
    failure.setAttribute('role', 'alert');

    const start = (): void => {
      const chosen = fields.read();
      if (chosen !== undefined && state.isIdle && !state.isAsked) {
        state.ask({ do: 'run', ...chosen });
      }
    };
    const stop = (): void => {
      if (!state.isIdle || state.isAsked) {
        state.ask({ do: 'stop' });
      }
    };
    const drawBar = (): void => {
      bar.draw(end => actions(state, trans, end, stop));
      say(summary, summaryOf(state, trans));
    };
    const drawCharts = (): void => {
      drawing.draw(() => charts(state, trans));
    };
    const drawRuns = (): void => {
      const isInside = runs.node.contains(activeIn(root));
      const { pointed } = state;
      runs.draw(end =>
        runsTable({
          state,
          trans,
          signal: end,
          onPoint: drawCharts,
          onPin: () => {
            drawRuns();
            drawCharts();
          }
        })
      );
      // The focus that a control gets back does not point at its run again.
      state.pointed = pointed;
      if (isInside && !runs.node.contains(activeIn(root))) {
        // The row of the control is gone.
        const next = runs.node.querySelector<HTMLElement>('[data-key]');
        const undo = runs.node.querySelector<HTMLElement>('[data-key=restore]');
        (undo ?? next)?.focus();
      }
    };
    const draw = (): void => {
      drawBar();
      drawCharts();
      drawRuns();
    };
    let newest = state.rows.at(-1)?.number;
    onChange('_rows', () => {
      const last = state.rows.at(-1)?.number;
      if (last !== undefined && last > (newest ?? 0)) {
        newest = last;
        state.pinned = state.pointed = null;
      }
      draw();
    });
    onChange('state', () => {
      state.isAsked = false;
      if (model.get('state') === 'starting') {
        state.pointed = state.cursor = null;
      }
      draw();
    });
    for (const name of ['hidden', 'removed'] as const) {
      onChange(name, draw);
    }
    onChange('_moments', drawCharts);
    onChange('_progress', drawBar);
    onChange('load', () => {
      fields.refresh();
    });
    onChange('settings', () => {
      fields.refresh();
    });
    const drawFailure = (): void => {
      state.isAsked = false;
      say(failure, model.get('failure'));
      failure.hidden = model.get('failure') === '';
    };
    onChange('failure', drawFailure);

    form.addEventListener(
      'submit',
      event => {
        event.preventDefault();
        start();
      },
      { signal }
    );
    root.addEventListener(
      'keydown',
      event => {
        const { cursor } = state;
        if (handleKey(event, { state, stop, drawCharts })) {
          event.preventDefault();
        }
        if (state.cursor !== cursor) {
          say(readout, readings(state, trans));
        }
      },
      { signal }
    );
    readOff(drawing.node, state, drawCharts, signal);

    form.append(fields.load, fields.server, bar.node);
    const columns = make('div', 'pw-ServingBench-columns');
    columns.append(form, drawing.node);
    root.append(
      make('p', 'pw-ServingBench-heading', model.get('title')),
      failure,
      columns,
      readout,
      summary,
      runs.node
    );
    drawing.node.tabIndex = 0;
    drawing.node.setAttribute('role', 'group');
    drawing.node.setAttribute(
      'aria-label',
      trans.__('Charts; the arrow keys read off values')
    );
    drawFailure();
    draw();
    return undefined;
  }
);

/** Change a text; the same text is not read out again. */
function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function activeIn(root: HTMLElement): Element | null {
  return (root.getRootNode() as Document | ShadowRoot).activeElement;
}

/** Run or stop, and how far the run is. */
function actions(
  state: BenchState,
  trans: ITranslation,
  signal: AbortSignal,
  stop: () => void
): HTMLElement[] {
  const phase = state.get('state');
  const run = make('button', 'pw-Text-button pw-ServingBench-run');
  run.textContent = trans.__('Run load');
  run.type = 'submit';
  run.dataset.key = 'run';
  run.title = trans.__('Enter');
  // Not disabled, which would take the focus away.
  run.setAttribute('aria-disabled', String(phase !== 'idle'));
  const end = button(trans.__('Stop'), {
    key: 'stop',
    signal,
    shortcut: trans.__('Escape'),
    onClick: stop
  });
  end.setAttribute('aria-keyshortcuts', 'Escape');
  end.setAttribute(
    'aria-disabled',
    String(phase === 'idle' || phase === 'stopping')
  );
  const parts = [run, end];
  if (phase === 'idle') {
    return parts;
  }
  const { elapsed_s: elapsed = 0, duration_s: duration = 1 } =
    state.get('_progress');
  const progress = make('span', 'pw-ServingBench-progress');
  const bar = make('progress');
  bar.max = 1;
  const text = progressText(state, trans);
  if (phase === 'running') {
    bar.value = Math.min(1, elapsed / duration);
  }
  bar.setAttribute('aria-label', text);
  progress.append(bar, make('span', '', text));
  return [...parts, progress];
}

function progressText(state: BenchState, trans: ITranslation): string {
  switch (state.get('state')) {
    case 'idle':
      return '';
    case 'starting':
      return trans.__('Preparing the server…');
    case 'stopping':
      return trans.__('Stopping…');
    case 'running': {
      const {
        elapsed_s: elapsed = 0,
        duration_s: duration,
        answered = 0,
        failed = 0
      } = state.get('_progress');
      if (duration === undefined) {
        return trans.__('Running…');
      }
      return elapsed > duration + 0.5
        ? trans.__(
            'Waiting for the last answers: %1, failed %2',
            answered,
            failed
          )
        : trans.__(
            '%1 of %2 s: answered %3, failed %4',
            Math.round(elapsed),
            brief(duration),
            answered,
            failed
          );
    }
  }
}

/** What is read out when a run starts and ends. */
function summaryOf(state: BenchState, trans: ITranslation): string {
  if (!state.isIdle) {
    return '';
  }
  const row = state.rows.at(-1);
  if (row === undefined) {
    return '';
  }
  const figures = [
    trans.__('%1 answers/s', brief(row.result.per_second)),
    ...(['p50', 'p95', 'p99'] as const).flatMap(name => {
      const value = figureOf(row, name);
      return value === null ? [] : [trans.__('%1 %2 ms', name, brief(value))];
    }),
    trans.__('errors %1', figureOf(row, 'errors') ?? 0)
  ];
  return trans.__('Run %1: %2.', row.number, figures.join(trans.__(', ')));
}

interface IKeyOptions {
  readonly state: BenchState;
  readonly stop: () => void;
  readonly drawCharts: () => void;
}

/** Handle a key, and return whether nothing else should; other keys of the widget stay in it. */
function handleKey(
  event: KeyboardEvent,
  { state, stop, drawCharts }: IKeyOptions
): boolean {
  const { key, altKey, ctrlKey, metaKey, target } = event;
  const isText = target instanceof HTMLInputElement;
  if (OWN_KEYS.test(key) || isText) {
    event.stopPropagation();
  }
  const isUndo =
    (ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'z' && !isText;
  if (isUndo && state.get('removed') > 0) {
    event.stopPropagation();
    state.ask({ do: 'restore' });
    return true;
  }
  if (key === 'Escape') {
    if (state.cursor !== null) {
      state.cursor = null;
      drawCharts();
    } else {
      stop();
    }
    return true;
  }
  const isChart =
    target instanceof HTMLElement &&
    target.classList.contains('pw-ServingBench-charts');
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key] ?? 0;
  const { focused } = state;
  if (isChart && step !== 0 && focused !== undefined) {
    const { moments } = focused;
    const now = momentAt(focused, state.cursor);
    const at = now === undefined ? -1 : moments.indexOf(now);
    state.cursor = moments[at + step]?.at_s ?? now?.at_s ?? null;
    drawCharts();
    return true;
  }
  return false;
}

/** Read off the values at the place of the pointer, in all charts. */
function readOff(
  node: HTMLElement,
  state: BenchState,
  drawCharts: () => void,
  signal: AbortSignal
): void {
  const set = (seconds: number | null): void => {
    const { focused } = state;
    const at =
      seconds === null || focused === undefined
        ? null
        : (momentAt(focused, seconds)?.at_s ?? null);
    if (state.cursor !== at) {
      state.cursor = at;
      drawCharts();
    }
  };
  node.addEventListener(
    'pointermove',
    ({ target, clientX }) => {
      const svg = target instanceof Element ? target.closest('svg') : null;
      set(svg === null ? null : secondsAt(svg, clientX));
    },
    { signal }
  );
  node.addEventListener(
    'pointerleave',
    () => {
      set(null);
    },
    { signal }
  );
}
