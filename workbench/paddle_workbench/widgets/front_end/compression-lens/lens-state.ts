import type {
  CompressionTry,
  LayerReport,
  LayerSettings
} from '../../../../src/contract/compression';
import type { IModel } from '../base/model';
import type { IEstimate } from './estimate';
import {
  areSame,
  estimate,
  layerSizes,
  onlyChanged,
  precisionOf,
  settingOf
} from './estimate';
import { worthOf } from './front';
import type { ICompressionTraits, ILensRequest, Settings } from './lens-traits';
import { SettingsHistory } from './settings-history';

/**
 * What the parts of the lens share: the settings with their history, and what follows from them. It
 * knows no DOM.
 */
export class LensState {
  constructor(private readonly _model: IModel<ICompressionTraits>) {
    this._history = new SettingsHistory(_model.get('settings'));
    const [unchanged] = _model.get('tries');
    if (unchanged === undefined) {
      throw new Error('The lens has no network without a change.');
    }
    this.unchanged = unchanged;
  }

  /** The network without a change. */
  readonly unchanged: CompressionTry;

  /** Words that the layers in the table have. */
  filter = '';

  get<Name extends keyof ICompressionTraits>(
    name: Name
  ): ICompressionTraits[Name] {
    return this._model.get(name);
  }

  set(values: Partial<ICompressionTraits>): void {
    for (const [name, value] of Object.entries(values)) {
      this._model.set(name as keyof ICompressionTraits, value);
    }
    this._model.save_changes();
  }

  ask(what: ILensRequest['do']): void {
    const { settings } = this;
    this._model.send({ do: what, settings } satisfies ILensRequest);
  }

  get layers(): readonly LayerReport[] {
    return this._model.get('layers');
  }

  get tries(): readonly CompressionTry[] {
    return this._model.get('tries');
  }

  /** The try to which others are compared. */
  get pinned(): CompressionTry {
    const name = this._model.get('baseline');
    return this.tries.find(each => each.name === name) ?? this.unchanged;
  }

  get hasTruth(): boolean {
    return this.unchanged.accuracy !== null;
  }

  get settings(): Settings {
    return this._history.current;
  }

  get canUndo(): boolean {
    return this._history.canUndo;
  }

  get canRedo(): boolean {
    return this._history.canRedo;
  }

  get isUnchanged(): boolean {
    return areSame(this.settings, {});
  }

  get estimate(): IEstimate {
    return estimate(this.layers, this.unchanged, this.settings);
  }

  get worth(): number | null {
    const { decisions } = this.unchanged;
    return worthOf({ ...this.estimate, decisions }, this.hasTruth);
  }

  get sizes(): ReadonlyMap<string, number> {
    return layerSizes(this.layers, this.settings);
  }

  /** The numbers of bits that any layer can have, the most first. */
  get bits(): readonly number[] {
    const bits = this.layers.flatMap(({ precisions }) =>
      precisions.map(each => each.bits)
    );
    return [...new Set(bits)].sort((one, other) => other - one);
  }

  /** A try with these settings, a measured one if there is one. */
  get sameTry(): CompressionTry | undefined {
    const same = this.tries.filter(each =>
      areSame(each.settings, this.settings)
    );
    return same.find(each => each.is_measured) ?? same[0];
  }

  settingOf(layer: LayerReport): LayerSettings {
    return settingOf(this.settings, layer);
  }

  /** Change layers; those that do not have the number of bits stay as they are. */
  change(layers: readonly LayerReport[], values: Partial<LayerSettings>): void {
    const changed = layers
      .filter(
        layer =>
          values.bits === undefined ||
          precisionOf(layer, values.bits) !== undefined
      )
      .map((layer): [string, LayerSettings] => [
        layer.name,
        { ...this.settingOf(layer), ...values }
      ]);
    this.use({ ...this.settings, ...Object.fromEntries(changed) });
  }

  /** Go on with other settings. */
  use(settings: Settings): void {
    if (this._history.apply(onlyChanged(this.layers, settings))) {
      this._send();
    }
  }

  undo(): void {
    if (this._history.undo()) {
      this._send();
    }
  }

  redo(): void {
    if (this._history.redo()) {
      this._send();
    }
  }

  /** Take in settings that were made elsewhere. */
  refresh(): void {
    this._history.apply(this._model.get('settings'));
  }

  /** Open or close what is known of a layer. */
  toggle(layer: LayerReport): void {
    const isOpen = this._model.get('layer') === layer.name;
    this.set({ layer: isOpen ? '' : layer.name });
  }

  private _send(): void {
    this.set({ settings: this._history.current });
  }

  private readonly _history: SettingsHistory;
}
