import type { ITranslation } from '../../translation';
import type { IValue } from '../data/program-data';
import { amount, milliseconds, opCount } from './amounts';
import { element } from './dom';
import type { MicroscopeModel } from './microscope-model';

/** Longer lists are cut, and end with the number of items left out. */
const MOST_ITEMS = 40;

/**
 * The details of the op or layer under the pointer.
 */
export class OpDetails {
  constructor(
    private readonly _model: MicroscopeModel,
    private readonly _trans: ITranslation,
    signal: AbortSignal
  ) {
    this.node = element('div', 'pw-Details');
    for (const aspect of ['family', 'focus', 'stage', 'scene'] as const) {
      _model.on(
        aspect,
        () => {
          this.refresh();
        },
        signal
      );
    }
    this.refresh();
  }

  readonly node: HTMLElement;

  refresh(): void {
    const { data } = this._model;
    const all = this._rows();
    // Weights light up with their op and say nothing about it.
    const computing = all.filter(row => !data.isConstant(row));
    const rows = computing.length > 0 ? computing : all;
    const [row] = rows;
    if (row === undefined) {
      const hint = this._trans.__('Hover over an op, a layer or a line.');
      this.node.replaceChildren(element('p', 'pw-Details-empty', hint));
    } else if (rows.length === 1) {
      this.node.replaceChildren(...this._op(row));
    } else {
      this.node.replaceChildren(...this._many(rows));
    }
  }

  private _rows(): number[] {
    const { family, families, stage, target, lineage, focus } = this._model;
    if (target?.kind === 'ops' && target.stage === stage) {
      return target.ids
        .map(id => lineage.rowOf(stage, id))
        .filter(row => row !== undefined);
    }
    if (family) {
      return [...families.rowsIn(stage, family).keys()];
    }
    return focus === null ? [] : this._model.rowsOf(focus);
  }

  private _op(row: number): HTMLElement[] {
    const { data } = this._model;
    const trans = this._trans;
    const parts: HTMLElement[] = [
      element('h4', 'pw-Details-name', data.opName(row))
    ];
    const facts: [string, string][] = [];
    if (data.layer(row)) {
      facts.push([trans.__('Layer'), data.layer(row)]);
    }
    const line = data.line(row);
    if (line) {
      const where = `${line[0].split('/').pop() ?? ''}:${line[1]}`;
      facts.push([
        trans.__('Line'),
        data.isLineCertain(row) ? where : trans.__('%1 (inferred)', where)
      ]);
    }
    parts.push(this._facts(facts));
    parts.push(...this._values(trans.__('Inputs'), data.inputsOf(row)));
    parts.push(...this._values(trans.__('Outputs'), data.outputsOf(row)));
    parts.push(...this._cost([row]));
    parts.push(...this._origins(row));
    const attributes = data.attributes(row);
    if (attributes.length > 0) {
      parts.push(element('h5', '', trans.__('Attributes')));
      parts.push(this._facts(attributes));
    }
    return parts;
  }

  private _many(rows: readonly number[]): HTMLElement[] {
    const { data } = this._model;
    const trans = this._trans;
    const kinds = new Map<string, number>();
    for (const row of rows) {
      const kind = data.opKind(row);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    const sorted = [...kinds].sort((a, b) => b[1] - a[1]);
    const facts = sorted
      .slice(0, MOST_ITEMS)
      .map(([kind, count]): [string, string] => [kind, String(count)]);
    return [
      element('h4', 'pw-Details-name', opCount(rows.length, trans)),
      ...this._cost(rows),
      element('h5', '', trans.__('Op types')),
      this._facts(facts)
    ];
  }

  private _values(
    title: string,
    values: readonly (IValue | null)[]
  ): HTMLElement[] {
    if (values.length === 0) {
      return [];
    }
    const list = element('ul', 'pw-Details-values');
    for (const value of values.slice(0, MOST_ITEMS)) {
      const item = element('li');
      if (value === null) {
        item.textContent = this._trans.__('not specified');
      } else {
        item.append(
          element('span', 'pw-Details-shape', value.shape || '–'),
          element('span', 'pw-Details-dtype', value.dtype),
          element('span', 'pw-Details-value', value.name || `%${value.id}`)
        );
      }
      list.append(item);
    }
    if (values.length > MOST_ITEMS) {
      const left = values.length - MOST_ITEMS;
      list.append(element('li', '', this._trans.__('%1 more', left)));
    }
    return [element('h5', '', title), list];
  }

  private _cost(rows: readonly number[]): HTMLElement[] {
    const trans = this._trans;
    const sums = { flops: 0, bytes: 0, time: 0 };
    for (const row of rows) {
      const cost = this._model.data.cost(row);
      sums.flops += cost.flops || 0;
      sums.bytes += (cost.bytesRead || 0) + (cost.bytesWritten || 0);
      sums.time += cost.measuredMs || 0;
    }
    const facts: [string, string][] = [];
    if (sums.flops > 0) {
      facts.push([trans.__('Compute'), amount(sums.flops, 'FLOP')]);
    }
    if (sums.bytes > 0) {
      facts.push([trans.__('Reads and writes'), amount(sums.bytes, 'B')]);
    }
    if (sums.time > 0) {
      facts.push([trans.__('Measured'), milliseconds(sums.time)]);
    }
    return facts.length > 0
      ? [element('h5', '', trans.__('Cost')), this._facts(facts)]
      : [];
  }

  /** The ops of the traced program that an op came from; empty if it is one of them itself. */
  private _origins(row: number): HTMLElement[] {
    const { data, lineage, stage } = this._model;
    const id = data.opId[row] ?? -1;
    const origins = [...lineage.origins(stage, [id])];
    if (origins.length === 1 && origins[0]?.[0] === id) {
      return [];
    }
    const list = element('ul', 'pw-Details-values');
    for (const [origin, isCertain] of origins.slice(0, MOST_ITEMS)) {
      const traced = lineage.rowOf(0, origin);
      const name = traced === undefined ? `#${origin}` : data.opKind(traced);
      const line = traced === undefined ? null : data.line(traced);
      const where = line ? `:${line[1]}` : '';
      const text = `${name}${where}`;
      const label = isCertain ? text : this._trans.__('%1 (inferred)', text);
      list.append(element('li', '', label));
    }
    const title = this._trans.__('Origins');
    return origins.length > 0 ? [element('h5', '', title), list] : [];
  }

  private _facts(facts: readonly [string, string][]): HTMLElement {
    const list = element('dl', 'pw-Details-facts');
    for (const [name, value] of facts) {
      list.append(element('dt', '', name), element('dd', '', value));
    }
    return list;
  }
}
