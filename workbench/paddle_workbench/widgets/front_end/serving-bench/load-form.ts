import type { ITranslation } from '../base/translation';
import { choice, freshId, make } from '../text/elements';
import type { BenchState } from './bench-state';
import type { BenchLoad, BenchSettings } from './bench-traits';

interface IFieldOptions {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly isWhole: boolean;
  readonly hint?: string;
}

type Arrivals = BenchLoad['arrivals'];

/**
 * What is turned: the load, and the settings of the server. What is typed stays until it is valid.
 */
export class LoadForm {
  constructor(
    private readonly _state: BenchState,
    private readonly _trans: ITranslation,
    private readonly _signal: AbortSignal
  ) {
    const trans = _trans;
    const { label, select } = choice(
      trans.__('Arrivals'),
      [
        ['poisson', trans.__('random (Poisson)')],
        ['constant', trans.__('evenly spaced')],
        ['closed', trans.__('closed: clients wait')]
      ],
      _state.get('load').arrivals
    );
    label.className = 'pw-ServingBench-field';
    select.className = 'pw-ServingBench-input';
    select.title = trans.__(
      'Random arrivals are those of many users who do not know of each other. Clients that wait send the next request after the answer: that is how to find the throughput.'
    );
    this._arrivals = select;
    select.addEventListener('change', this._onChange, { signal: _signal });
    const seconds = trans.__('s');
    this.load.append(
      make('legend', 'pw-ServingBench-legend', trans.__('Load')),
      label,
      this._field({
        name: 'rate',
        label: trans.__('Rate'),
        unit: trans.__('requests/s'),
        isWhole: false
      }),
      this._field({
        name: 'clients',
        label: trans.__('Clients'),
        unit: '',
        isWhole: true,
        hint: trans.__('Each sends when its last answer has come.')
      }),
      this._field({
        name: 'duration_s',
        label: trans.__('Duration'),
        unit: seconds,
        isWhole: false
      }),
      this._field({
        name: 'size',
        label: trans.__('Inputs of a request'),
        unit: '',
        isWhole: true
      })
    );
    this.server.append(
      make('legend', 'pw-ServingBench-legend', trans.__('Server')),
      this._field({
        name: 'batch',
        label: trans.__('Largest batch'),
        unit: trans.__('inputs'),
        isWhole: true
      }),
      this._field({
        name: 'wait_ms',
        label: trans.__('Wait for a batch'),
        unit: trans.__('ms'),
        isWhole: false
      }),
      this._field({
        name: 'workers',
        label: trans.__('Workers'),
        unit: '',
        isWhole: true,
        hint: trans.__('Processes, each with a predictor.')
      }),
      this._field({
        name: 'queue',
        label: trans.__('Longest queue'),
        unit: trans.__('inputs'),
        isWhole: true
      })
    );
    if (_state.get('settings').threads !== null) {
      this.server.append(
        this._field({
          name: 'threads',
          label: trans.__('Threads of a worker'),
          unit: '',
          isWhole: true,
          hint: trans.__('Another number starts the server again.')
        })
      );
    }
    this.refresh();
  }

  readonly load = make('fieldset', 'pw-ServingBench-fields');
  readonly server = make('fieldset', 'pw-ServingBench-fields');

  /** Show what the kernel has, without touching what is being typed. */
  refresh(): void {
    const load = this._state.get('load');
    this._arrivals.value = load.arrivals;
    const values: Readonly<Record<string, unknown>> = {
      ...load,
      ...this._state.get('settings')
    };
    for (const [name, field] of this._fields) {
      const value = values[name];
      const isTyped = field.matches(':focus') && !this._isValid(name);
      if (
        typeof value === 'number' &&
        !isTyped &&
        !(field.value.trim() !== '' && Number(field.value) === value)
      ) {
        field.value = String(value);
      }
      this._check(name);
    }
    this._showForArrivals();
  }

  /** What is chosen; undefined if a value is not valid, whose field then has the focus. */
  read():
    { readonly load: BenchLoad; readonly settings: BenchSettings } | undefined {
    for (const [name, field] of this._fields) {
      if (!this._check(name)) {
        field.focus();
        return undefined;
      }
    }
    return this._values();
  }

  private _values(): { load: BenchLoad; settings: BenchSettings } {
    const numbers: Record<string, number> = {};
    for (const [name, field] of this._fields) {
      // What is not used may be anything.
      if (this._isValid(name)) {
        numbers[name] = Number(field.value);
      }
    }
    const { threads, batch, wait_ms, workers, queue, ...load } = numbers;
    const given = { threads, batch, wait_ms, workers, queue };
    const settings = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined)
    );
    return {
      load: {
        ...this._state.get('load'),
        ...load,
        arrivals: this._arrivals.value as Arrivals
      },
      settings: { ...this._state.get('settings'), ...settings }
    };
  }

  private _field({
    name,
    label,
    unit,
    isWhole,
    hint = ''
  }: IFieldOptions): HTMLElement {
    const id = freshId('pw-serving-bench');
    const [low, high] = this._limits(name);
    const wrapper = make('div', 'pw-ServingBench-field');
    const caption = make('label', '', label);
    caption.htmlFor = id;
    const field = make('input', 'pw-ServingBench-input');
    field.id = id;
    // A text, since browsers return nothing of a number that is not one.
    field.type = 'text';
    field.inputMode = isWhole ? 'numeric' : 'decimal';
    field.autocomplete = 'off';
    field.dataset.key = name;
    field.dataset.whole = isWhole ? 'yes' : '';
    const limits = isWhole
      ? this._trans.__('A whole number from %1 to %2.', low, high)
      : this._trans.__('A number from %1 to %2.', low, high);
    field.title = [hint, limits].filter(Boolean).join(' ');
    const message = make('div', 'pw-ServingBench-problem');
    message.id = `${id}-problem`;
    message.hidden = true;
    field.setAttribute('aria-describedby', message.id);
    const line = make('span', 'pw-ServingBench-withUnit');
    line.append(field, make('span', 'pw-ServingBench-unit', unit));
    wrapper.append(caption, line, message);
    field.addEventListener('input', this._onInput, { signal: this._signal });
    field.addEventListener('change', this._onChange, { signal: this._signal });
    this._fields.set(name, field);
    this._messages.set(name, { message, limits });
    return wrapper;
  }

  private readonly _onInput = ({ target }: Event): void => {
    const { key = '' } = (target as HTMLElement).dataset;
    // While someone types, only a problem that is gone is shown as such.
    if (this._isValid(key)) {
      this._check(key);
    }
  };

  private readonly _onChange = (): void => {
    this._showForArrivals();
    const isValid = [...this._fields.keys()].map(name => this._check(name));
    if (isValid.every(Boolean)) {
      const { load, settings } = this._values();
      this._state.choose(load, settings);
    }
  };

  /** Show whether a value is valid, and return it. */
  private _check(name: string): boolean {
    const isValid = !this._isUsed(name) || this._isValid(name);
    const field = this._fields.get(name);
    const { message, limits = '' } = this._messages.get(name) ?? {};
    field?.setAttribute('aria-invalid', String(!isValid));
    if (message !== undefined) {
      message.hidden = isValid;
      message.textContent = isValid ? '' : limits;
    }
    return isValid;
  }

  private _isValid(name: string): boolean {
    const field = this._fields.get(name);
    const text = field?.value.trim() ?? '';
    const value = Number(text);
    const [low, high] = this._limits(name);
    return (
      text !== '' &&
      value >= low &&
      value <= high &&
      (field?.dataset.whole !== 'yes' || Number.isInteger(value))
    );
  }

  private _isUsed(name: string): boolean {
    const isClosed = this._arrivals.value === 'closed';
    return name === 'rate' ? !isClosed : name !== 'clients' || isClosed;
  }

  private _showForArrivals(): void {
    for (const [name, field] of this._fields) {
      const wrapper = field.closest<HTMLElement>('.pw-ServingBench-field');
      if (wrapper !== null) {
        wrapper.hidden = !this._isUsed(name);
      }
    }
  }

  private _limits(name: string): readonly [number, number] {
    return this._state.get('limits')[name] ?? [-Infinity, Infinity];
  }

  private readonly _arrivals: HTMLSelectElement;
  private readonly _fields = new Map<string, HTMLInputElement>();
  private readonly _messages = new Map<
    string,
    { readonly message: HTMLElement; readonly limits: string }
  >();
}
