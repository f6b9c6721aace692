import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';
import { button } from './controls';
import type { LensState } from './lens-state';
import { RECIPE_BITS, recipeText } from './recipe';

/** The settings as a recipe to copy, or why there is none. */
export function recipePanel(
  state: LensState,
  trans: ITranslation,
  signal: AbortSignal
): HTMLElement[] {
  const recipe = recipeText(state.layers, state.settings);
  if ('problem' in recipe) {
    const text =
      recipe.problem === 'unchanged'
        ? trans.__('No layer is changed, so there is no recipe.')
        : trans.__(
            'A recipe quantises to %1 bits, and layer %2 has %3. Give it %1 or 32 bits.',
            RECIPE_BITS,
            recipe.layer,
            recipe.bits
          );
    return [make('p', 'pw-Text-note', text)];
  }
  const text = make('pre', 'pw-CompressionLens-recipe', recipe.yaml);
  text.tabIndex = 0;
  text.setAttribute('aria-label', trans.__('Recipe'));
  const note = make('p', 'pw-Text-note');
  note.setAttribute('role', 'status');
  const copy = button(trans.__('Copy'), {
    key: 'copy',
    signal,
    onClick: () => {
      void copied(recipe.yaml).then(isCopied => {
        note.textContent = isCopied
          ? trans.__('The recipe is in the clipboard.')
          : trans.__(
              'The browser does not allow it: the recipe is selected, press Ctrl+C.'
            );
        if (!isCopied) {
          getSelection()?.selectAllChildren(text);
        }
      });
    }
  });
  const usage = make(
    'p',
    'pw-Text-note',
    trans.__(
      'For `workbench compress BUNDLE recipe.yml`. A step `- step: fine_tune` after the pruning trains the network on.'
    )
  );
  return [text, copy, note, usage];
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
