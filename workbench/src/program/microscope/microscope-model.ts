import type { IFamily, Target } from '../data/family';
import { Families } from '../data/family';
import type { Child } from '../data/layer-tree';
import { Lineage } from '../data/lineage';
import { ProgramData } from '../data/program-data';
import { GraphClient } from '../scene/graph-client';
import { SceneIndex } from '../scene/scene-index';

/** What can change: what is drawn, the stage, what is lit, what was found, or that work goes on. */
export type Aspect =
  'scene' | 'stage' | 'family' | 'focus' | 'busy' | 'failure';

/**
 * One program under the microscope: which stage is seen, what is open, what is pointed at.
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

  /** Rows to be marked as new, besides what the stage's pass made; for comparisons. */
  marked: ReadonlySet<number> = new Set();

  get stage(): number {
    return this._stage;
  }

  /** The picture; null until there is one. */
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

  /** What is lit: what was pinned, else what is pointed at. */
  get family(): IFamily | null {
    return this._family;
  }

  get isPinned(): boolean {
    return this._pinned !== null;
  }

  /** The target whose family is lit. */
  get target(): Target | null {
    return this._pinned ?? this._pointed;
  }

  /** What the keys are at, in the graph. */
  get focus(): Child | null {
    return this._focus;
  }

  /** Call a handler when an aspect changes, until the signal is aborted. */
  on(aspect: Aspect, handler: () => void, signal: AbortSignal): void {
    const handlers = this._handlers.get(aspect) ?? new Set();
    this._handlers.set(aspect, handlers.add(handler));
    signal.addEventListener('abort', () => handlers.delete(handler));
  }

  /** Draw for the first time, or again. */
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

  /** Open a group, or fold it. */
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

  /** Open what is around an op, and go there. */
  async reveal(row: number): Promise<void> {
    if (this._index?.boxOf(row) === undefined) {
      // What is looked for is shown, whatever was hidden before.
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

  /** Point at something for the moment; null for nothing. */
  point(target: Target | null): void {
    if (sameTarget(target, this._pointed)) {
      return;
    }
    this._pointed = target;
    if (!this._pinned) {
      this._follow();
    }
  }

  /** Hold on to something until it is let go by null. */
  pin(target: Target | null): void {
    this._pinned = target;
    this._follow();
  }

  /** The ids of the ops behind a thing in the graph. */
  idsOf(child: Child): number[] {
    const { opId } = this.data;
    if (child >= 0) {
      return [opId[child] ?? -1];
    }
    return this.rowsOf(child).map(row => opId[row] ?? -1);
  }

  /** The rows behind a thing in the graph: itself, or all that is in the group. */
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
