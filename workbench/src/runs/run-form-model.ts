import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Parameter, RunForm, RunRequest, StartedRuns } from '../contract';
import type { IFailure } from '../failure';
import { describeFailure } from '../failure';
import { RequestError } from '../request';
import {
  defaultText,
  splitSweep,
  sweepProblem,
  valueProblem
} from './parameter-values';
import type { IRunOptions } from './run-options';
import { hasOptionProblem, NO_OPTIONS, requestedOptions } from './run-options';
import type { RunsClient } from './runs-client';

const CHECK_DELAY_MS = 400;
const UNPROCESSABLE = 422;
const UNAVAILABLE = 503;

/** The field of a parameter. */
export interface IFieldState {
  readonly parameter: Parameter;
  readonly text: string;
  readonly isSweep: boolean;
  /** What is wrong with it; null if nothing is known. */
  readonly problem: string | null;
}

/**
 * The form from which runs of one notebook are started.
 *
 * Values of secrets are kept until the runs are started, and then nowhere.
 */
export class RunFormModel implements IDisposable {
  constructor(options: RunFormModel.IOptions) {
    this._options = options;
    this._checking = new Debouncer(() => this._check(), CHECK_DELAY_MS);
  }

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The notebook; null until one was chosen. */
  get path(): string | null {
    return this._path;
  }

  /** The form that the server made; null until it was received. */
  get form(): RunForm | null {
    return this._form;
  }

  get fields(): readonly IFieldState[] {
    const parameters = this._form?.parameters ?? [];
    return parameters.map(parameter => ({
      parameter,
      text: this._texts.get(parameter.name) ?? defaultText(parameter),
      isSweep: this._sweeps.has(parameter.name),
      problem: this._problemOf(parameter)
    }));
  }

  get options(): IRunOptions {
    return this._runOptions;
  }

  /** How many runs there will be, as far as the fields tell; null if one is wrong. */
  get count(): number | null {
    if (this._form === null || this.hasProblem) {
      return null;
    }
    let count = 1;
    for (const name of this._sweeps) {
      count *= splitSweep(this._texts.get(name) ?? '').length;
    }
    const samples = this._runOptions.samples.trim();
    return samples === '' ? count : Math.min(count, Number(samples));
  }

  /** Whether a field or option is known to be wrong. */
  get hasProblem(): boolean {
    return (
      this.fields.some(({ problem }) => problem !== null) ||
      hasOptionProblem(this._runOptions, this._options.trans)
    );
  }

  /** Why there is no cluster at the address; null if nothing is known. */
  get addressProblem(): string | null {
    return this._addressProblem;
  }

  /** What the server warns of. */
  get warnings(): readonly string[] {
    return this._warnings;
  }

  /** Why the form could not be made, or the runs not be started. */
  get failure(): IFailure | null {
    return this._failure;
  }

  get isLoading(): boolean {
    return this._isLoading;
  }

  get isStarting(): boolean {
    return this._isStarting;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Choose a notebook and get its form. */
  async choose(path: string): Promise<void> {
    this.clear();
    this._path = path;
    await this.reload();
  }

  /** Get the form again, keeping what was typed. */
  async reload(): Promise<void> {
    const path = this._path;
    if (path === null) {
      return;
    }
    this._isLoading = true;
    this._failure = null;
    this._changed.emit();
    try {
      const content = this._options.content(path);
      const form = await this._options.client.form({ path, content });
      if (this._path === path) {
        this._form = form;
      }
    } catch (error) {
      this._fail(error, path);
    } finally {
      if (this._path === path) {
        this._isLoading = false;
        this._emit();
      }
    }
  }

  /** Set the text of a parameter's field. */
  set(name: string, text: string): void {
    this._texts.set(name, text);
    this._touch(name);
  }

  /** Put the default back into a parameter's field. */
  reset(name: string): void {
    this._texts.delete(name);
    this._sweeps.delete(name);
    this._touch(name);
  }

  /** Choose whether a field holds the values of a sweep. */
  setSweep(name: string, isSweep: boolean): void {
    if (isSweep) {
      this._sweeps.add(name);
      const field = this.fields.find(each => each.parameter.name === name);
      this._texts.set(name, field?.text ?? '');
    } else {
      this._sweeps.delete(name);
      const [first = ''] = splitSweep(this._texts.get(name) ?? '');
      this._texts.set(name, first.trim());
    }
    this._touch(name);
  }

  /** Set options. */
  setOptions(options: Partial<IRunOptions>): void {
    this._runOptions = { ...this._runOptions, ...options };
    if (options.backend === 'ray' && this._runOptions.address === '') {
      const address = this._form?.address ?? '';
      this._runOptions = { ...this._runOptions, address };
    }
    this._touch(null);
  }

  /** Start the runs; null if that failed. */
  async start(): Promise<StartedRuns | null> {
    const path = this._path;
    if (path === null || this.hasProblem || this._isStarting) {
      return null;
    }
    this._isStarting = true;
    this._failure = null;
    this._addressProblem = null;
    this._changed.emit();
    try {
      const started = await this._options.client.start(this._request(false));
      this.clear();
      return started;
    } catch (error) {
      this._fail(error, path);
      return null;
    } finally {
      this._isStarting = false;
      this._emit();
    }
  }

  /** Forget the notebook and all that was typed. */
  clear(): void {
    this._path = null;
    this._form = null;
    this._failure = null;
    this._isLoading = false;
    this._warnings = [];
    this._texts.clear();
    this._sweeps.clear();
    this._serverProblems.clear();
    this._addressProblem = null;
    this._runOptions = NO_OPTIONS;
    this._version += 1;
    this._emit();
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this.clear();
    this._isDisposed = true;
    this._checking.dispose();
    Signal.clearData(this);
  }

  private _problemOf(parameter: Parameter): string | null {
    const { name } = parameter;
    const text = this._texts.get(name);
    const { trans } = this._options;
    const fromServer = this._serverProblems.get(name) ?? null;
    if (this._sweeps.has(name)) {
      return sweepProblem(parameter, text ?? '', trans) ?? fromServer;
    }
    return text === undefined || this._isDefault(parameter, text)
      ? null
      : (valueProblem(parameter, text, trans) ?? fromServer);
  }

  /** An emptied field stands for the default, unless it holds a text. */
  private _isDefault(parameter: Parameter, text: string): boolean {
    return (
      text === defaultText(parameter) ||
      (text.trim() === '' && parameter.type !== 'str')
    );
  }

  private _touch(name: string | null): void {
    if (name === null) {
      this._serverProblems.clear();
    } else {
      this._serverProblems.delete(name);
    }
    this._failure = null;
    this._addressProblem = null;
    this._version += 1;
    this._emit();
    void this._checking.invoke().catch(() => undefined);
  }

  /** Let the server look at the values before the runs are started. */
  private async _check(): Promise<void> {
    const path = this._path;
    if (path === null || this._isStarting || this.hasProblem) {
      return;
    }
    const version = this._version;
    try {
      const { warnings } = await this._options.client.start(
        this._request(true)
      );
      if (version === this._version) {
        this._warnings = warnings;
        this._emit();
      }
    } catch (error) {
      // Other errors are shown when the runs are started.
      const isWrong =
        error instanceof RequestError && error.status === UNPROCESSABLE;
      if ((isWrong || this._isNoCluster(error)) && version === this._version) {
        this._fail(error, path);
        this._emit();
      }
    }
  }

  private _request(onlyCount: boolean): RunRequest {
    const values: Record<string, string> = {};
    const sweep: Record<string, string> = {};
    for (const { isSweep, parameter, text } of this.fields) {
      if (parameter.secret && onlyCount) {
        continue;
      }
      if (isSweep) {
        sweep[parameter.name] = text;
      } else if (!this._isDefault(parameter, text)) {
        values[parameter.name] = text;
      }
    }
    const path = this._path ?? '';
    return {
      ...requestedOptions(this._runOptions),
      path,
      content: this._options.content(path),
      values,
      sweep,
      only_count: onlyCount
    };
  }

  /** Show an error at the field that it names, otherwise under the form. */
  private _fail(error: unknown, path: string): void {
    if (this._path !== path) {
      return;
    }
    const failure = describeFailure(error, this._options.trans);
    if (this._isNoCluster(error)) {
      this._addressProblem = failure.message;
      return;
    }
    const name = namedParameter(failure.message, this._form?.parameters ?? []);
    if (name === null) {
      this._failure = failure;
    } else {
      this._serverProblems.set(name, failure.message);
    }
  }

  private _isNoCluster(error: unknown): boolean {
    return (
      this._runOptions.backend === 'ray' &&
      error instanceof RequestError &&
      error.status === UNAVAILABLE
    );
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _options: RunFormModel.IOptions;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _checking: Debouncer;
  private readonly _texts = new Map<string, string>();
  private readonly _sweeps = new Set<string>();
  private readonly _serverProblems = new Map<string, string>();
  private _addressProblem: string | null = null;
  private _runOptions = NO_OPTIONS;
  private _path: string | null = null;
  private _form: RunForm | null = null;
  private _failure: IFailure | null = null;
  private _warnings: readonly string[] = [];
  private _version = 0;
  private _isLoading = false;
  private _isStarting = false;
  private _isDisposed = false;
}

export namespace RunFormModel {
  export interface IOptions {
    client: RunsClient;
    /** The notebook as it is in the editor; null if it is not open. */
    content: (path: string) => Record<string, unknown> | null;
    trans: TranslationBundle;
  }
}

/** The parameter with whose name a message starts. */
function namedParameter(
  message: string,
  parameters: readonly Parameter[]
): string | null {
  const [, word = ''] = /^["'`“‘]?([\p{L}\p{N}_]+)/u.exec(message) ?? [];
  return parameters.some(({ name }) => name === word) ? word : null;
}
