import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import { button } from './controls';
import { bytes, change, points, share, short } from './figures';
import { worthOf } from './front';
import type { LensState } from './lens-state';

/** What was measured with the settings, how they are estimated, and what is done with them. */
export function nowBar(
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement[] {
  const note = trans.__(
    'Estimated: sizes are summed, and what single layers lose is added up. Layers affect each other; a measurement says what is really lost.'
  );
  const parts = [
    make('p', 'pw-Text-note', note),
    actions(state, trans, signal)
  ];
  const { isUnchanged, sameTry } = state;
  if (sameTry?.is_measured && !isUnchanged) {
    const text = trans.__(
      'Measured as %1: %2.',
      sameTry.name,
      figuresOf(sameTry, state, trans)
    );
    parts.unshift(make('p', 'pw-CompressionLens-measuredNow', text));
  }
  return parts;
}

/** What the settings cost, as a sentence. */
export function summaryOf(state: LensState, trans: ITranslation): string {
  if (state.isUnchanged) {
    return trans.__(
      'Nothing is changed: %1.',
      figuresOf({ ...state.unchanged, latency_ms: null }, state, trans)
    );
  }
  const { decisions } = state.unchanged;
  return trans.__(
    'These settings, estimated: %1.',
    figuresOf({ ...state.estimate, decisions, latency_ms: null }, state, trans)
  );
}

interface IFigures {
  readonly size_bytes: number;
  readonly latency_ms: number | null;
  readonly accuracy: number | null;
  readonly changed_decisions: number | null;
  readonly decisions: number | null;
}

function figuresOf(
  figures: IFigures,
  { pinned, hasTruth }: LensState,
  trans: ITranslation
): string {
  const { size_bytes: size, latency_ms: latency } = figures;
  const parts = [bytes(size)];
  if (size !== pinned.size_bytes && pinned.size_bytes > 0) {
    parts[0] = `${bytes(size)} (${change(size, pinned.size_bytes)})`;
  }
  const worth = worthOf(figures, hasTruth);
  if (hasTruth) {
    const before = pinned.accuracy;
    const accuracy = worth === null ? '–' : share(worth);
    parts.push(
      worth === null || before === null || worth === before
        ? trans.__('accuracy %1', accuracy)
        : trans.__('accuracy %1 (%2 points)', accuracy, points(worth - before))
    );
  }
  const { changed_decisions: changed, decisions } = figures;
  if (changed !== null) {
    parts.push(
      decisions === null
        ? trans.__('%1 decisions changed', changed)
        : trans.__('%1 of %2 decisions changed', changed, decisions)
    );
  }
  if (latency !== null) {
    parts.push(trans.__('%1 ms', short(latency)));
  }
  return parts.join(trans.__(', '));
}

function actions(
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement {
  const bar = make('div', 'pw-Text-bar');
  const phase = state.get('state');
  bar.append(
    button(trans.__('Undo'), {
      key: 'undo',
      signal,
      shortcut: 'Ctrl+Z',
      isDisabled: !state.canUndo,
      onClick: () => {
        state.undo();
      }
    }),
    button(trans.__('Redo'), {
      key: 'redo',
      signal,
      shortcut: 'Ctrl+Y',
      isDisabled: !state.canRedo,
      onClick: () => {
        state.redo();
      }
    }),
    button(trans.__('Reset'), {
      key: 'reset',
      signal,
      isDisabled: state.isUnchanged,
      onClick: () => {
        state.use({});
      }
    }),
    button(trans.__('Keep estimate'), {
      key: 'keep',
      signal,
      isDisabled: state.sameTry !== undefined,
      onClick: () => {
        state.ask('keep');
      }
    })
  );
  if (!state.get('can_measure')) {
    return bar;
  }
  if (phase === 'idle') {
    bar.append(
      button(trans.__('Measure'), {
        key: 'measure',
        signal,
        onClick: () => {
          state.ask('measure');
        }
      })
    );
  } else {
    bar.append(
      button(trans.__('Cancel'), {
        key: 'measure',
        signal,
        isDisabled: phase === 'cancelling',
        onClick: () => {
          state.ask('cancel');
        }
      }),
      progressOf(state, trans)
    );
  }
  return bar;
}

function progressOf(state: LensState, trans: ITranslation): HTMLElement {
  const label = make('span', 'pw-CompressionLens-progress');
  const text =
    state.get('state') === 'cancelling'
      ? trans.__('Cancelling…')
      : state.get('stage') || trans.__('Measuring…');
  const bar = make('progress');
  bar.max = 1;
  if (state.get('progress') >= 0) {
    bar.value = state.get('progress');
  }
  bar.setAttribute('aria-label', text);
  label.append(bar, text);
  return label;
}
