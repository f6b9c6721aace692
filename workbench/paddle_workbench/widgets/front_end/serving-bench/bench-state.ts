import type { IModel } from '../base/model';
import type {
  BenchLoad,
  BenchRequest,
  BenchRow,
  BenchSettings,
  IBenchTraits,
  LoadMoment
} from './bench-traits';

/** What is drawn as one line: a run that has ended, or the one that goes on. */
export interface ICurve {
  /** Null for the run that goes on. */
  readonly number: number | null;
  readonly moments: readonly LoadMoment[];
  /** Requests per second that were asked for; null if clients wait. */
  readonly rate: number | null;
  readonly duration: number;
}

/**
 * What the parts of the bench share. It knows no DOM.
 */
export class BenchState {
  constructor(private readonly _model: IModel<IBenchTraits>) {}

  /** The run whose row was opened. */
  pinned: number | null = null;

  /** The run whose row has the pointer or the focus. */
  pointed: number | null = null;

  /** The instant at which values are read off, in seconds; null for the last. */
  cursor: number | null = null;

  /** Whether a run was asked for, and the kernel has not answered yet. */
  isAsked = false;

  get<Name extends keyof IBenchTraits>(name: Name): IBenchTraits[Name] {
    return this._model.get(name);
  }

  ask(request: BenchRequest): void {
    this.isAsked ||= request.do === 'run' || request.do === 'repeat';
    this._model.send(request);
  }

  /** Keep what is chosen, for other views of the widget and the next run. */
  choose(load: BenchLoad, settings: BenchSettings): void {
    this._model.set('load', load);
    this._model.set('settings', settings);
    this._model.save_changes();
  }

  toggleHidden(number: number): void {
    const hidden = this._model.get('hidden');
    this._model.set(
      'hidden',
      hidden.includes(number)
        ? hidden.filter(each => each !== number)
        : [...hidden, number]
    );
    this._model.save_changes();
  }

  get rows(): readonly BenchRow[] {
    return this._model.get('_rows');
  }

  get isIdle(): boolean {
    return this._model.get('state') === 'idle';
  }

  /** The line that is drawn in the foreground. */
  get focused(): ICurve | undefined {
    const find = (number: number | null): BenchRow | undefined =>
      this.rows.find(each => each.number === number);
    const pointed = find(this.pointed);
    if (pointed === undefined && !this.isIdle) {
      const load = this._model.get('load');
      return {
        number: null,
        moments: this._model.get('_moments'),
        rate: load.arrivals === 'closed' ? null : load.rate,
        duration: load.duration_s
      };
    }
    const row = pointed ?? find(this.pinned) ?? this.rows.at(-1);
    return row === undefined ? undefined : curveOf(row);
  }

  /** The lines in the background. */
  get others(): readonly ICurve[] {
    const { focused } = this;
    const hidden = this._model.get('hidden');
    return this.rows
      .filter(
        ({ number }) => number !== focused?.number && !hidden.includes(number)
      )
      .map(curveOf);
  }
}

function curveOf({ number, result }: BenchRow): ICurve {
  const { moments, plan } = result;
  return { number, moments, rate: plan.rate, duration: plan.duration_s };
}
