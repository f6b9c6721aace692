import type { IFamily, Target } from '../data/family';
import { Families } from '../data/family';
import type { Child } from '../data/layer-tree';
import { Lineage } from '../data/lineage';
import { ProgramData } from '../data/program-data';
import { GraphClient } from '../scene/graph-client';
import { SceneIndex } from '../scene/scene-index';

/** What handlers can be registered for. */
export type Aspect =
  'scene' | 'stage' | 'family' | 'focus' | 'busy' | 'failure';

/**
 * One program under the microscope: the current stage, open groups, and what is pointed at.
 */
export class MicroscopeModel {
  constructor(bytes: DataView, createWorker: () => Worker) {
    this.data = new ProgramData(bytes);
    this.lineage = new Lineage(this.data);
    this.families = new Families(this.data, this.lineage);
    this._client = new GraphClient(bytes, createWorker);
  }

  readonly data: ProgramData;
  readonly lineage: Lineage;
  readonly families: Families;

  /** Rows to mark as new in addition to those that the stage's pass added; used by comparisons. */
  marked: ReadonlySet<number> = new Set();

  get stage(): number {
    return this._stage;
  }

  /** The current scene; null until the first one arrives. */
  get index(): SceneIndex | null {
    return this._index;
  }

  get constants(): boolean {
    return this._constants;
  }

  get failure(): string | null {
    return this._failure;
  }

  get isBusy(): boolean {
    return this._asked !== this._answered;
  }

  /** The family that is lit up: of what is pinned, else of what is pointed at. */
  get family(): IFamily | null {
    return this._family;
  }

  get isPinned(): boolean {
    return this._pinned !== null;
  }

  /** The target whose family is lit up. */
  get target(): Target | null {
    return this._pinned ?? this._pointed;
  }

  /** The op or group in the graph that has the keyboard focus. */
  get focus(): Child | null {
    return this._focus;
  }

  /** Call a handler when an aspect changes, until the signal is aborted. */
  on(aspect: Aspect, handler: () => void, signal: AbortSignal): void {
    const handlers = this._handlers.get(aspect) ?? new Set();
    this._handlers.set(aspect, handlers.add(handler));
    signal.addEventListener('abort', () => handlers.delete(handler));
  }

  /** Request a scene of the current state. */
  async refresh(reveal: readonly number[] = [], all = false): Promise<void> {
    const request = ++this._asked;
    this._emit('busy');
    try {
      const { scene, open } = await this._client.ask(
        {
          stage: this._stage,
          open: this._open,
          reveal,
          constants: this._constants
        },
        all
      );
      if (request !== this._asked) {
        return; // asked again meanwhile
      }
      this._open = open;
      this._index = new SceneIndex(scene);
      this._failure = null;
    } catch (error) {
      this._failure = error instanceof Error ? error.message : String(error);
      this._emit('failure');
    }
    this._answered = request;
    this._emit('scene');
    this._emit('busy');
  }

  async show(stage: number): Promise<void> {
    const next = Math.min(this.data.stageCount - 1, Math.max(0, stage));
    if (next === this._stage) {
      return;
    }
    this._stage = next;
    this._follow();
    this._emit('stage');
    await this.refresh();
  }

  /** Expand or collapse a group. */
  async toggle(key: string): Promise<void> {
    const open = new Set(this._open);
    if (!open.delete(key)) {
      open.add(key);
    }
    this._open = [...open];
    await this.refresh();
  }

  isOpen(key: string): boolean {
    return this._open?.includes(key) ?? false;
  }

  async foldAll(): Promise<void> {
    this._open = null;
    await this.refresh();
  }

  async openAll(): Promise<void> {
    await this.refresh([], true);
  }

  /** Expand the groups around an op, and move the focus to it. */
  async reveal(row: number): Promise<void> {
    if (this._index?.boxOf(row) === undefined) {
      // The op is shown even if constants are hidden.
      this._constants ||= this.data.isConstant(row);
      await this.refresh([row]);
    }
    const child = this._index?.boxOf(row) === undefined ? null : row;
    this.focusOn(child);
  }

  async showConstants(isShown: boolean): Promise<void> {
    this._constants = isShown;
    await this.refresh();
  }

  focusOn(child: Child | null): void {
    this._focus = child;
    this._emit('focus');
  }

  /** Point at something temporarily; null points at nothing. */
  point(target: Target | null): void {
    if (sameTarget(target, this._pointed)) {
      return;
    }
    this._pointed = target;
    if (!this._pinned) {
      this._follow();
    }
  }

  /** Pin something; null unpins it. */
  pin(target: Target | null): void {
    this._pinned = target;
    this._follow();
  }

  /** Pin an op of the traced program by its id, and show it. */
  async light(id: number): Promise<void> {
    const row = this.data.rows(0).find(each => this.data.opId[each] === id);
    if (row !== undefined) {
      this.pin({ kind: 'ops', stage: 0, ids: [id] });
      await this.reveal(row);
    }
  }

  /** The ids of an op in the graph, or of all ops in a group. */
  idsOf(child: Child): number[] {
    const { opId } = this.data;
    if (child >= 0) {
      return [opId[child] ?? -1];
    }
    return this.rowsOf(child).map(row => opId[row] ?? -1);
  }

  /** The row of an op in the graph, or the rows of all ops in a group. */
  rowsOf(child: Child): number[] {
    const index = this._index;
    const box = index?.boxOf(child);
    if (!index || box === undefined) {
      return [];
    }
    const { boxOfRow } = index.scene;
    const rows: number[] = [];
    for (const row of this.data.rows(this._stage)) {
      const inside = boxOfRow[row] ?? -1;
      if (inside === box || (inside >= 0 && index.contains(box, inside))) {
        rows.push(row);
      }
    }
    return rows;
  }

  dispose(): void {
    this._client.dispose();
    this._handlers.clear();
  }

  private _follow(): void {
    const { target } = this;
    this._family = target && this.families.of(target);
    this._emit('family');
  }

  private _emit(aspect: Aspect): void {
    for (const handler of [...(this._handlers.get(aspect) ?? [])]) {
      handler();
    }
  }

  private readonly _client: GraphClient;
  private readonly _handlers = new Map<Aspect, Set<() => void>>();
  private _stage = 0;
  private _open: readonly string[] | null = null;
  private _constants = false;
  private _index: SceneIndex | null = null;
  private _pointed: Target | null = null;
  private _pinned: Target | null = null;
  private _family: IFamily | null = null;
  private _focus: Child | null = null;
  private _failure: string | null = null;
  private _asked = 0;
  private _answered = 0;
}

function sameTarget(a: Target | null, b: Target | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
