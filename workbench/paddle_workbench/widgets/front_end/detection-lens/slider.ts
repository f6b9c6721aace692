import { make } from '../text/elements';

interface ISliderOptions {
  readonly label: string;
  /** What it does, in a few words. */
  readonly hint: string;
  readonly lowest: number;
  readonly value: number;
  readonly signal: AbortSignal;
  /** Called for each movement; `isAtRest` once it ends. */
  readonly onMove: (value: number, isAtRest: boolean) => void;
}

/** Keys that move a slider, and that JupyterLab would take for its own. */
const KEYS = /^(Arrow|Home$|End$|Page)/;

/** A slider from a lowest value to 1, with its label and value. */
export class Slider {
  constructor({ label, hint, lowest, value, signal, onMove }: ISliderOptions) {
    this.node.title = hint;
    const head = make('span', 'pw-DetectionLens-sliderHead', label);
    head.append(this._output);
    const input = this._input;
    input.type = 'range';
    input.min = String(lowest);
    input.max = '1';
    input.step = '0.01';
    input.setAttribute('aria-label', label);
    this.node.append(head, input);
    this.value = value;
    input.addEventListener(
      'keydown',
      event => {
        if (KEYS.test(event.key)) {
          event.stopPropagation();
        }
      },
      { signal }
    );
    for (const name of ['input', 'change'] as const) {
      input.addEventListener(
        name,
        () => {
          this._output.textContent = this.value.toFixed(2);
          onMove(this.value, name === 'change');
        },
        { signal }
      );
    }
  }

  readonly node = make('label', 'pw-DetectionLens-slider');

  get value(): number {
    return Number(this._input.value);
  }

  set value(value: number) {
    this._input.value = String(value);
    this._output.textContent = value.toFixed(2);
  }

  private readonly _input = make('input', 'pw-DetectionLens-range');
  private readonly _output = make('output', 'pw-DetectionLens-value');
}
