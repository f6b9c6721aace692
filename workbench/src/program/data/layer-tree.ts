import type { ProgramData } from './program-data';

/** If a group has more children than this, they are put into runs of neighbours. */
const MOST_CHILDREN = 96;
const RUN_LENGTH = 48;

export const ROOT = 0;

/** A child of a group: an op's row, or `~index` of another group. */
export type Child = number;

export interface IGroup {
  /** The same in every stage, so that open groups stay open. */
  readonly key: string;
  name: string;
  /** The group around it; the root's own is itself. */
  parent: number;
  /** In the order in which they first run. */
  children: Child[];
  /** The number of ops in it, at any depth. */
  size: number;
  /** The row of the control-flow op that it stands for; else -1. */
  row: number;
}

export interface ITreeOptions {
  readonly constants: boolean;
}

/**
 * The ops of one stage, grouped by layer, and by branch inside control flow.
 */
export class LayerTree {
  constructor(data: ProgramData, stage: number, options: ITreeOptions) {
    this._data = data;
    this.groupOfRow = new Int32Array(data.opId.length).fill(-1);
    this.groups = [newGroup('', '', ROOT)];
    const rows = data.rows(stage);
    const around = this._opsWithRegions(rows);
    for (const row of rows) {
      if (data.isConstant(row) && !options.constants) {
        continue;
      }
      const id = data.opId[row] ?? -1;
      const within = this._groupFor(row, around);
      if (around.has(id)) {
        // The op becomes a group of its branches, which come right after it.
        this._controls.set(id, this._control(within, row));
        continue;
      }
      this.groupOfRow[row] = within;
      this._child(within).push(row);
    }
    this._join(ROOT);
    for (let at = this.groups.length - 1; at >= 0; at--) {
      this._split(at);
    }
    this._count();
  }

  readonly groups: IGroup[];
  /** By row: the innermost group of an op; -1 if this stage does not have it. */
  readonly groupOfRow: Int32Array;

  group(index: number): IGroup {
    const group = this.groups[index];
    if (!group) {
      throw new RangeError(`No group ${index}`);
    }
    return group;
  }

  /** A group and those around it, innermost first, without the root. */
  pathOf(index: number): number[] {
    const path: number[] = [];
    for (let at = index; at !== ROOT; at = this.group(at).parent) {
      path.push(at);
    }
    return path;
  }

  /** The groups around an op, innermost first; none if the stage does not have it. */
  around(row: number): number[] {
    const group = this.groupOfRow[row] ?? -1;
    return group < 0 ? [] : this.pathOf(group);
  }

  /** Keys of the initially open groups: the root, and groups that would be alone in the graph. */
  firstOpen(): Set<string> {
    const open = new Set<string>(['']);
    let at = ROOT;
    for (;;) {
      const { children } = this.group(at);
      const [only] = children;
      if (children.length !== 1 || only === undefined || only >= 0) {
        return open;
      }
      at = ~only;
      open.add(this.group(at).key);
    }
  }

  private _opsWithRegions(rows: Int32Array): Set<number> {
    const ids = new Set<number>();
    for (const row of rows) {
      const parent = this._data.parent[row] ?? -1;
      if (parent >= 0) {
        ids.add(parent);
      }
    }
    return ids;
  }

  private _child(index: number): Child[] {
    return this.group(index).children;
  }

  private _groupFor(row: number, around: ReadonlySet<number>): number {
    const data = this._data;
    const parent = data.parent[row] ?? -1;
    const layer = data.layer(row);
    if (parent < 0 || !around.has(parent)) {
      return this._layerGroup(ROOT, layer);
    }
    const control = this._controls.get(parent);
    if (!control) {
      return this._layerGroup(ROOT, layer);
    }
    const branch = (data.region[row] ?? 0) + 1;
    const region = this._named(control.group, String(branch));
    const inner = layer.startsWith(`${control.layer}.`)
      ? layer.slice(control.layer.length + 1)
      : layer === control.layer
        ? ''
        : layer;
    return this._layerGroup(region, inner);
  }

  private _control(
    within: number,
    row: number
  ): { group: number; layer: string } {
    const id = this._data.opId[row] ?? -1;
    const group = this._named(within, `${this._data.opKind(row)} ${id}`);
    this.group(group).name = this._data.opKind(row);
    this.group(group).row = row;
    this.groupOfRow[row] = group;
    return { group, layer: this._data.layer(row) };
  }

  private _layerGroup(start: number, layer: string): number {
    if (layer === '') {
      return start;
    }
    const key = `${start} ${layer}`;
    const cached = this._byLayer.get(key);
    if (cached !== undefined) {
      return cached;
    }
    let at = start;
    for (const name of layer.split('.')) {
      at = this._named(at, name);
    }
    this._byLayer.set(key, at);
    return at;
  }

  private _named(parent: number, name: string): number {
    const key = `${this.group(parent).key}/${name}`;
    const cached = this._byKey.get(key);
    if (cached !== undefined) {
      return cached;
    }
    const index = this.groups.length;
    this.groups.push(newGroup(key, name, parent));
    this._byKey.set(key, index);
    this._child(parent).push(~index);
    return index;
  }

  /** Merge a group that contains nothing but another group with it. */
  private _join(index: number): void {
    const group = this.group(index);
    group.children = group.children.map(child => {
      if (child >= 0) {
        return child;
      }
      let at = ~child;
      this._join(at);
      const outer = this.group(at);
      const [only] = outer.children;
      if (
        outer.children.length === 1 &&
        only !== undefined &&
        only < 0 &&
        outer.row < 0 &&
        this.group(~only).row < 0
      ) {
        const inner = this.group(~only);
        inner.name = `${outer.name}.${inner.name}`;
        inner.parent = index;
        at = ~only;
      }
      return ~at;
    });
  }

  /** Put children into runs of neighbours if there are too many. */
  private _split(index: number): void {
    const group = this.group(index);
    while (group.children.length > MOST_CHILDREN) {
      const runs: Child[] = [];
      for (let start = 0; start < group.children.length; start += RUN_LENGTH) {
        const part = group.children.slice(start, start + RUN_LENGTH);
        const run = this.groups.length;
        const name = `${this._firstName(part[0])} …`;
        const runGroup = newGroup(`${group.key}#${run}`, name, index);
        runGroup.children = part;
        this.groups.push(runGroup);
        for (const child of part) {
          if (child >= 0) {
            this.groupOfRow[child] = run;
          } else {
            this.group(~child).parent = run;
          }
        }
        runs.push(~run);
      }
      group.children = runs;
    }
  }

  private _firstName(child: Child | undefined): string {
    if (child === undefined) {
      return '';
    }
    return child >= 0 ? this._data.opKind(child) : this.group(~child).name;
  }

  private _count(): void {
    const visit = (index: number): number => {
      const group = this.group(index);
      group.size = group.row >= 0 ? 1 : 0;
      for (const child of group.children) {
        group.size += child >= 0 ? 1 : visit(~child);
      }
      return group.size;
    };
    visit(ROOT);
  }

  private readonly _data: ProgramData;
  private readonly _byKey = new Map<string, number>();
  private readonly _byLayer = new Map<string, number>();
  private readonly _controls = new Map<
    number,
    { group: number; layer: string }
  >();
}

function newGroup(key: string, name: string, parent: number): IGroup {
  return { key, name, parent, children: [], size: 0, row: -1 };
}
