import type { ITranslation } from '../../translation';
import { milliseconds, opCount } from './amounts';
import { button, element } from './dom';
import { MemoryCurve } from './memory-curve';
import type { MicroscopeModel } from './microscope-model';

const STEP_MS = 1_100;

/**
 * The passes from the traced program to the last one, to drag, step through or play.
 */
export class StageTimeline {
  constructor(
    private readonly _model: MicroscopeModel,
    private readonly _trans: ITranslation,
    private readonly _signal: AbortSignal
  ) {
    this.node = element('section', 'pw-Timeline');
    this.node.setAttribute('aria-label', _trans.__('Passes'));
    this._slider = element('input', 'pw-Timeline-slider');
    this._slider.type = 'range';
    this._slider.min = '0';
    this._slider.max = String(_model.data.stageCount - 1);
    this._slider.setAttribute('aria-label', _trans.__('Pass'));
    this._slider.addEventListener(
      'input',
      () => {
        this.stop();
        void _model.show(Number(this._slider.value));
      },
      { signal: _signal }
    );
    this._steps = element('div', 'pw-Timeline-steps');
    this._play = this._button(
      _trans.__('Play'),
      _trans.__('Play the passes'),
      () => {
        this.toggle();
      }
    );
    this._count = element('span', 'pw-Timeline-count');
    const bar = element('div', 'pw-Timeline-bar');
    bar.append(
      this._button('◂', _trans.__('Previous pass'), () => {
        this.step(-1);
      }),
      this._play,
      this._button('▸', _trans.__('Next pass'), () => {
        this.step(1);
      }),
      this._slider,
      this._count
    );
    const bottom = element('div', 'pw-Timeline-bottom');
    bottom.append(this._steps, new MemoryCurve(_model, _trans, _signal).node);
    this.node.append(bar, bottom);
    bar.hidden = _model.data.stageCount < 2;
    this._steps.hidden = bar.hidden;
    this._addSteps();
    _model.on(
      'stage',
      () => {
        this.refresh();
      },
      _signal
    );
    _signal.addEventListener('abort', () => {
      this.stop();
    });
    this.refresh();
  }

  readonly node: HTMLElement;

  /** The display name of a stage. */
  nameOf(stage: number): string {
    const name = this._model.data.columns.header.stages[stage]?.name ?? '';
    return stage === 0
      ? this._trans.__('traced')
      : name.replace(/_pass$/, '').replaceAll('_', ' ');
  }

  step(by: -1 | 1): void {
    this.stop();
    void this._model.show(this._model.stage + by);
  }

  /** Start playing, from the beginning if at the end; or stop. */
  toggle(): void {
    if (this._timer !== 0) {
      this.stop();
      return;
    }
    const last = this._model.data.stageCount - 1;
    this._setPlaying(true);
    const start = this._model.stage === last ? 0 : this._nextChange();
    void this._advance(start);
  }

  stop(): void {
    clearTimeout(this._timer);
    this._timer = 0;
    this._setPlaying(false);
  }

  refresh(): void {
    const { data, stage } = this._model;
    const header = data.columns.header.stages[stage];
    this._slider.value = String(stage);
    this._slider.setAttribute(
      'aria-valuetext',
      `${this.nameOf(stage)}, ${opCount(header?.ops_after ?? 0, this._trans)}`
    );
    const first = data.columns.header.stages[0]?.ops_after ?? 0;
    this._count.textContent =
      stage === 0
        ? opCount(first, this._trans)
        : this._trans.__('%1 → %2 ops', first, header?.ops_after ?? 0);
    [...this._steps.children].forEach((step, at) => {
      const isHere = at === stage;
      step.setAttribute('aria-pressed', String(isHere));
      if (isHere && step instanceof HTMLElement) {
        const left = step.offsetLeft - this._steps.offsetLeft;
        this._steps.scrollLeft = left - this._steps.clientWidth / 3;
      }
    });
  }

  private _button(
    text: string,
    title: string,
    onClick: () => void
  ): HTMLButtonElement {
    return button(text, title, onClick, this._signal);
  }

  private _addSteps(): void {
    const { data } = this._model;
    data.columns.header.stages.forEach((stage, at) => {
      const step = element('button', 'pw-Timeline-step');
      step.type = 'button';
      step.append(element('span', 'pw-Timeline-name', this.nameOf(at)));
      const removed = data.columns.ints(`removed_${at}`).length;
      const added = data.columns.ints(`added_${at}`).length;
      const notes = [
        ...(removed > 0 ? [`−${removed}`] : []),
        ...(added > 0 ? [`+${added}`] : []),
        ...(stage.duration_ms === null ? [] : [milliseconds(stage.duration_ms)])
      ];
      step.append(element('span', 'pw-Timeline-note', notes.join(' ')));
      step.classList.toggle(
        'pw-mod-unchanged',
        at > 0 && removed === 0 && added === 0
      );
      step.title = stage.name;
      step.setAttribute('aria-label', [this.nameOf(at), ...notes].join(' '));
      step.addEventListener(
        'click',
        () => {
          this.stop();
          void this._model.show(at);
        },
        { signal: this._signal }
      );
      this._steps.append(step);
    });
  }

  private async _advance(stage: number): Promise<void> {
    await this._model.show(stage);
    if (!this._isPlaying) {
      return;
    }
    if (stage >= this._model.data.stageCount - 1) {
      this.stop();
      return;
    }
    const next = this._nextChange();
    this._timer = window.setTimeout(() => void this._advance(next), STEP_MS);
  }

  /** The next stage whose pass changed something, or the last stage. */
  private _nextChange(): number {
    const { data, stage } = this._model;
    let next = stage + 1;
    while (next < data.stageCount - 1 && data.isUnchanged(next)) {
      next++;
    }
    return next;
  }

  private _setPlaying(isPlaying: boolean): void {
    this._isPlaying = isPlaying;
    this._play.textContent = isPlaying
      ? this._trans.__('Pause')
      : this._trans.__('Play');
    this._play.setAttribute('aria-pressed', String(isPlaying));
  }

  private readonly _slider: HTMLInputElement;
  private readonly _steps: HTMLElement;
  private readonly _play: HTMLButtonElement;
  private readonly _count: HTMLElement;
  private _isPlaying = false;
  private _timer = 0;
}
