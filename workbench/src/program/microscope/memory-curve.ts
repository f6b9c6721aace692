import type { ITranslation } from '../../translation';
import type { IMemoryPlan } from '../data/columns';
import { amount } from './amounts';
import { element } from './dom';
import type { MicroscopeModel } from './microscope-model';

const WIDTH = 600;
const HEIGHT = 40;
const SVG = 'http://www.w3.org/2000/svg';

/**
 * The memory that values take while the stage runs; pointing at a moment lights up its op.
 */
export class MemoryCurve {
  constructor(
    private readonly _model: MicroscopeModel,
    private readonly _trans: ITranslation,
    signal: AbortSignal
  ) {
    this.node = element('div', 'pw-Memory');
    this._text = element('span', 'pw-Memory-text');
    this._svg = document.createElementNS(SVG, 'svg');
    this._svg.setAttribute('class', 'pw-Memory-curve');
    this._svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    this._svg.setAttribute('preserveAspectRatio', 'none');
    this._svg.setAttribute('role', 'img');
    this.node.append(this._text, this._svg);
    const options = { signal };
    this._svg.addEventListener(
      'pointermove',
      event => {
        this._point(event);
      },
      options
    );
    this._svg.addEventListener(
      'pointerleave',
      () => {
        _model.point(null);
      },
      options
    );
    _model.on(
      'stage',
      () => {
        this.refresh();
      },
      signal
    );
    this.refresh();
  }

  readonly node: HTMLElement;

  refresh(): void {
    const { data, stage } = this._model;
    const plan = data.columns.header.stages[stage]?.memory;
    const live = data.columns.numbers(`live_${stage}`);
    this.node.hidden = !plan || live.length === 0;
    if (!plan) {
      return;
    }
    const text = peakText(plan, this._trans);
    this._text.textContent = text;
    this._svg.setAttribute(
      'aria-label',
      this._trans.__('Memory during the run: %1', text)
    );
    const area = document.createElementNS(SVG, 'path');
    area.setAttribute('d', curve(live, plan.peak_bytes));
    area.setAttribute('class', 'pw-Memory-area');
    this._svg.replaceChildren(area);
  }

  private _point(event: PointerEvent): void {
    const { data, stage } = this._model;
    const steps = data.columns.ints(`steps_${stage}`);
    const { left, width } = this._svg.getBoundingClientRect();
    const share = (event.clientX - left) / Math.max(1, width);
    const at = Math.min(steps.length - 1, Math.floor(share * steps.length));
    const id = steps[at];
    this._model.point(
      id === undefined ? null : { kind: 'ops', stage, ids: [id] }
    );
  }

  private readonly _text: HTMLElement;
  private readonly _svg: SVGSVGElement;
}

/** The peak; if the sizes of some values are unknown, it is a lower bound. */
export function peakText(
  plan: Pick<IMemoryPlan, 'peak_bytes' | 'unknown'>,
  trans: ITranslation
): string {
  const peak = amount(plan.peak_bytes, 'B');
  return plan.unknown
    ? trans.__(
        'Peak memory at least %1; values of unknown size: %2',
        peak,
        plan.unknown
      )
    : trans.__('Peak memory %1', peak);
}

/** The SVG path of the area under the curve. Where moments share a column, the largest counts. */
export function curve(live: Float64Array, peak: number): string {
  const columns = Math.min(WIDTH, live.length);
  const parts = [`M0 ${HEIGHT}`];
  for (let column = 0; column < columns; column++) {
    const start = Math.floor((column * live.length) / columns);
    const end = Math.max(
      start + 1,
      Math.floor(((column + 1) * live.length) / columns)
    );
    let most = 0;
    for (let at = start; at < end; at++) {
      most = Math.max(most, live[at] ?? 0);
    }
    const y = HEIGHT - (peak > 0 ? most / peak : 0) * (HEIGHT - 2);
    const x = (column * WIDTH) / columns;
    parts.push(`L${x.toFixed(1)} ${y.toFixed(1)}`);
    parts.push(`L${(x + WIDTH / columns).toFixed(1)} ${y.toFixed(1)}`);
  }
  return `${parts.join('')}L${WIDTH} ${HEIGHT}Z`;
}
