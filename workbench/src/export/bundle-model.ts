import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { BundlePicture } from '../contract';
import type { IFailure } from '../failure';
import { describeFailure } from '../failure';
import type { IJobs } from '../jobs/tokens';
import type { IConnection } from '../request';
import { request } from '../request';
import { TargetChecks } from './target-checks';
import { TargetModel } from './target-model';

/**
 * A bundle, and what was found about it and each target.
 */
export class BundleModel implements IDisposable {
  constructor(options: BundleModel.IOptions) {
    this._options = options;
    this.checks.changed.connect(this._onTargetChanged, this);
  }

  /** The checks of all targets. */
  readonly checks = new TargetChecks();

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The bundle as last read; null until it was. */
  get picture(): BundlePicture | null {
    return this._picture;
  }

  /** Why it could not be read. */
  get failure(): IFailure | null {
    return this._failure;
  }

  /** Whether it is being read and verified. */
  get isLoading(): boolean {
    return this._loads > 0;
  }

  /** The targets by name. */
  get targets(): ReadonlyMap<string, TargetModel> {
    return this._targets;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Read and verify the bundle, or do so again. */
  async load(): Promise<void> {
    const { connection, path } = this._options;
    const load = ++this._newestLoad;
    this._loads++;
    this._changed.emit();
    let picture: BundlePicture | null = null;
    let failure: IFailure | null = null;
    try {
      picture = await request<BundlePicture>(connection, 'export/bundle', {
        method: 'POST',
        body: { path }
      });
    } catch (error) {
      failure = describeFailure(error, connection.trans);
    }
    this._loads--;
    if (this._isDisposed) {
      return;
    }
    if (load === this._newestLoad) {
      this._failure = failure;
      this._picture = picture;
      for (const { name } of picture?.targets ?? []) {
        this._follow(picture?.path ?? path, name);
      }
    }
    this._changed.emit();
  }

  /** Check all targets, one after the other. */
  async checkAll(): Promise<void> {
    await this.checks.run(this._targets);
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this.checks.dispose();
    for (const target of this._targets.values()) {
      target.dispose();
    }
    Signal.clearData(this);
  }

  private _follow(path: string, target: string): void {
    if (!this._targets.has(target)) {
      const { connection, jobs } = this._options;
      const { trans } = connection;
      const model = new TargetModel({ jobs, path, target, trans });
      model.changed.connect(this._onTargetChanged, this);
      model.exported.connect(this._onExported, this);
      this._targets.set(target, model);
    }
  }

  private _onTargetChanged(): void {
    this._changed.emit();
  }

  private _onExported(): void {
    void this.load();
  }

  private readonly _options: BundleModel.IOptions;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _targets = new Map<string, TargetModel>();
  private _picture: BundlePicture | null = null;
  private _failure: IFailure | null = null;
  private _loads = 0;
  private _newestLoad = 0;
  private _isDisposed = false;
}

export namespace BundleModel {
  export interface IOptions {
    connection: IConnection;
    jobs: IJobs;
    /** The path of the bundle for the contents API. */
    path: string;
  }
}
