import { recipeText } from '../recipe';
import { LAYERS } from './small-report';

describe('the recipe', () => {
  it('has the shares that go, and the layers that keep 32 bits', () => {
    expect(recipeText(LAYERS, { a: { bits: 8, kept: 5 } })).toEqual({
      yaml: `steps:
  - step: prune
    groups: {"a.out": 0.5}
  - step: quantize
    keep: ["b"]
`
    });
    const all = { bits: 8, kept: null };
    expect(recipeText(LAYERS, { a: all, b: all })).toEqual({
      yaml: 'steps:\n  - step: quantize\n'
    });
  });

  it('does not exist without a change, or with other bits', () => {
    expect(recipeText(LAYERS, {})).toEqual({ problem: 'unchanged' });
    expect(recipeText(LAYERS, { a: { bits: 4, kept: null } })).toEqual({
      problem: 'bits',
      layer: 'a',
      bits: 4
    });
  });
});
