import type { ITranslation } from '../base/translation';
import { percent } from '../bundle/rounding';
import { make } from '../text/elements';
import type { LensModel } from './lens-model';
import type { IAnchors } from './lens-pictures';
import { anchorPlot, captioned, curvePlot } from './plots';

/** A box is covered if its size overlaps an anchor by at least this. */
const COVERED = 0.5;

/**
 * What is true of all pictures: precision, recall and their curve.
 */
export class FiguresPanel {
  constructor(
    private readonly _model: LensModel,
    private readonly _hasTruth: boolean,
    private readonly _trans: ITranslation
  ) {
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', _trans.__('All pictures'));
  }

  readonly node = make('div', 'pw-DetectionLens-figures');

  draw(): void {
    const trans = this._trans;
    const { figures, curve } = this._model;
    const { right, invented, missed, precision, recall } = figures;
    const list = make('dl', 'pw-DetectionLens-numbers');
    const add = (term: string, value: string): void => {
      list.append(make('dt', '', term), make('dd', '', value));
    };
    if (!this._hasTruth) {
      add(trans.__('Boxes'), String(right + invented));
      const note = trans.__(
        'It is not known what is in the pictures, so there is no precision and no recall.'
      );
      this.node.replaceChildren(list, make('p', 'pw-Text-note', note));
      return;
    }
    add(trans.__('Precision'), shareText(precision));
    add(trans.__('Recall'), shareText(recall));
    add(`✓ ${trans.__('right')}`, String(right));
    add(`+ ${trans.__('invented')}`, String(invented));
    add(`− ${trans.__('missed')}`, String(missed));
    const point =
      precision === null || recall === null ? undefined : { precision, recall };
    const svg = curvePlot(curve, point, {
      label: trans.__(
        'Precision by recall; at this threshold the precision is %1 and the recall %2',
        shareText(precision),
        shareText(recall)
      ),
      x: trans.__('Recall'),
      y: trans.__('Precision')
    });
    const caption = trans.__(
      'All classes together. The point is the threshold.'
    );
    this.node.replaceChildren(list, captioned(svg, caption));
  }
}

/** Return the sizes of true boxes next to the anchors. */
export function anchorsFigure(
  sizes: readonly (readonly number[])[],
  anchors: readonly IAnchors[],
  trans: ITranslation
): HTMLElement {
  const covered = sizes.filter(([, , best = 0]) => best >= COVERED).length;
  const share = shareText(sizes.length > 0 ? covered / sizes.length : null);
  const svg = anchorPlot(sizes, anchors, COVERED, {
    label: trans.__(
      'Sizes of the boxes and anchors; %1 of the boxes are covered',
      share
    ),
    x: trans.__('width in the input, px'),
    y: trans.__('height, px')
  });
  const caption = trans.__(
    'The anchors (squares) cover %1 of the boxes (dots): the best overlaps by at least %2. The others are hollow.',
    share,
    COVERED
  );
  return captioned(svg, caption);
}

function shareText(value: number | null): string {
  return value === null ? '–' : percent(value);
}
