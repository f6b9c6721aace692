import type { LayerReport } from '../../../../src/contract/compression';
import { precisionOf, settingOf } from './estimate';
import type { Settings } from './lens-traits';
import { FULL_BITS } from './lens-traits';

/** The only number of bits to which recipes quantise. */
export const RECIPE_BITS = 8;

/** A recipe, or why there is none. */
export type RecipeText =
  | { readonly yaml: string }
  | { readonly problem: 'unchanged' }
  | {
      readonly problem: 'bits';
      readonly layer: string;
      readonly bits: number;
    };

/** As `compression.estimates.recipe_for`: what `workbench compress` reads. */
export function recipeText(
  layers: readonly LayerReport[],
  settings: Settings
): RecipeText {
  const lines: string[] = [];
  const groups: string[] = [];
  const keep: string[] = [];
  let isQuantised = false;
  for (const layer of layers) {
    const { bits, kept } = settingOf(settings, layer);
    if (bits !== FULL_BITS && bits !== RECIPE_BITS) {
      return { problem: 'bits', layer: layer.name, bits };
    }
    if (kept !== null && layer.channels !== null) {
      const share = Number((1 - kept / layer.channels).toFixed(6));
      groups.push(`${quoted(layer.group || layer.name)}: ${share}`);
    }
    if (bits === RECIPE_BITS) {
      isQuantised = true;
    } else if (precisionOf(layer, RECIPE_BITS) !== undefined) {
      keep.push(quoted(layer.name));
    }
  }
  if (groups.length > 0) {
    lines.push('  - step: prune', `    groups: {${groups.join(', ')}}`);
  }
  if (isQuantised) {
    lines.push('  - step: quantize');
    if (keep.length > 0) {
      lines.push(`    keep: [${keep.join(', ')}]`);
    }
  }
  return lines.length > 0
    ? { yaml: `steps:\n${lines.join('\n')}\n` }
    : { problem: 'unchanged' };
}

/** A text of JSON is one of YAML too. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
