import type { IDrawing } from './base/drawing';
import type { IModel } from './base/model';
import type { ITranslation } from './base/translation';
import { defineWidget } from './base/widget';
import { LensState } from './compression-lens/lens-state';
import type { ICompressionTraits } from './compression-lens/lens-traits';
import { FULL_BITS } from './compression-lens/lens-traits';
import {
  layersInTable,
  layerTable,
  revealDetails
} from './compression-lens/layer-table';
import { nowBar, summaryOf } from './compression-lens/now-bar';
import { recipePanel } from './compression-lens/recipe-panel';
import { Slot } from './compression-lens/slot';
import { triesPanel } from './compression-lens/tries-panel';
import { choice, make } from './text/elements';
import chinese from './compression-lens.zh.json';

// For the test that holds them equal to Python.
export { estimate } from './compression-lens/estimate';
export { frontOf, pointsOf } from './compression-lens/front';
export { recipeText } from './compression-lens/recipe';

/** After a change of these, everything is drawn again. */
const VIEW_TRAITS = [
  'settings',
  'tries',
  'baseline',
  'layer',
  'figures_bits',
  'sort_by',
  'descending',
  'cost'
] as const;

/** And after these, what measures. */
const MEASURE_TRAITS = ['state', 'progress', 'stage', 'failure'] as const;

/** Keys that JupyterLab would take for its own. */
const OWN_KEYS = /^(Enter| |Arrow.*|Home|End|Page.*)$/;

export default defineWidget<ICompressionTraits>(
  chinese,
  ({ model, root, trans, signal, onChange }) => {
    root.classList.add('pw-CompressionLens');
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', trans.__('Compression lens'));
    const state = new LensState(model);
    const slot = (className: string): Slot =>
      new Slot(make('div', className), signal);
    const bar = slot('pw-CompressionLens-head');
    const table = slot('pw-CompressionLens-layers');
    const recipe = slot('');
    const tries = slot('pw-CompressionLens-tries');

    const summary = live('pw-CompressionLens-now');
    const count = live('pw-Text-note');
    const failure = make('div', 'pw-Widget-failure');
    failure.setAttribute('role', 'alert');

    const drawBar = (): void => {
      say(summary, summaryOf(state, trans));
      bar.draw(end => nowBar(state, trans, end));
      say(failure, model.get('failure'));
      failure.hidden = model.get('failure') === '';
    };
    const drawTable = (): void => {
      table.draw(end => layerTable(state, trans, end));
      const { length } = layersInTable(state);
      say(count, trans.__('%1 of %2 layers', length, state.layers.length));
    };
    const draw = (): void => {
      drawBar();
      drawTable();
      recipe.draw(end => recipePanel(state, trans, end));
      tries.draw(end => triesPanel(state, trans, end));
    };
    onChange('settings', () => {
      state.refresh();
    });
    for (const name of VIEW_TRAITS) {
      onChange(name, draw);
    }
    onChange('layer', () => {
      revealDetails(table.node);
    });
    for (const name of MEASURE_TRAITS) {
      onChange(name, drawBar);
    }
    root.addEventListener(
      'keydown',
      event => {
        handleKey(event, state);
      },
      { signal }
    );

    const recipeDetails = make('details', 'pw-CompressionLens-recipePanel');
    recipeDetails.append(
      make('summary', '', trans.__('As a recipe')),
      recipe.node
    );
    root.append(
      make('p', 'pw-CompressionLens-heading', model.get('title')),
      summary,
      bar.node,
      failure,
      tools(state, { model, trans, signal, onChange, onFilter: drawTable }),
      table.node,
      count,
      recipeDetails,
      tries.node
    );
    draw();
    return undefined;
  }
);

/** Make a line whose changes are read out. */
function live(className: string): HTMLElement {
  const line = make('p', className);
  line.setAttribute('aria-live', 'polite');
  return line;
}

/** Change a text; the same text is not read out again. */
function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** Undo and redo; other keys of the widget stay in it. */
function handleKey(event: KeyboardEvent, state: LensState): void {
  const { key, altKey, ctrlKey, metaKey, shiftKey, target } = event;
  const isText = target instanceof HTMLInputElement && target.type === 'search';
  if (OWN_KEYS.test(key) || isText) {
    event.stopPropagation();
    return;
  }
  if (altKey || !(ctrlKey || metaKey)) {
    return;
  }
  const letter = key.toLowerCase();
  if (letter === 'y' || (letter === 'z' && shiftKey)) {
    state.redo();
  } else if (letter === 'z') {
    state.undo();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

interface IToolsOptions {
  readonly model: IModel<ICompressionTraits>;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  readonly onChange: IDrawing<ICompressionTraits>['onChange'];
  readonly onFilter: () => void;
}

/** What filters the layers, chooses their figures, and sets the bits of all that are shown. */
function tools(
  state: LensState,
  { model, trans, signal, onChange, onFilter }: IToolsOptions
): HTMLElement {
  const bar = make('div', 'pw-Text-bar');
  const filter = make('label', 'pw-Text-choice', trans.__('Filter'));
  const words = make('input', 'pw-CompressionLens-filter');
  words.type = 'search';
  words.placeholder = trans.__('name, op or line');
  words.addEventListener(
    'input',
    () => {
      state.filter = words.value;
      onFilter();
    },
    { signal }
  );
  filter.append(words);
  const names = state.bits.map(
    each => [String(each), trans.__('%1 bits', each)] as const
  );
  const figures = choice(
    trans.__('Figures for'),
    names.filter(([bits]) => Number(bits) !== FULL_BITS),
    String(model.get('figures_bits'))
  );
  figures.select.addEventListener(
    'change',
    () => {
      state.set({ figures_bits: Number(figures.select.value) });
    },
    { signal }
  );
  onChange('figures_bits', () => {
    figures.select.value = String(model.get('figures_bits'));
  });
  const all = choice(
    trans.__('Set all shown layers to'),
    [['', '–'], ...names],
    ''
  );
  all.select.addEventListener(
    'change',
    () => {
      if (all.select.value !== '') {
        state.change(layersInTable(state), { bits: Number(all.select.value) });
        all.select.value = '';
      }
    },
    { signal }
  );
  bar.append(filter, figures.label, all.label);
  return bar;
}
