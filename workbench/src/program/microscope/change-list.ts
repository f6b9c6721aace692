import type { ITranslation } from '../../translation';
import type { IChange } from '../data/stage-changes';
import { changesOf } from '../data/stage-changes';
import { element } from './dom';
import type { MicroscopeModel } from './microscope-model';

const MOST_CHANGES = 100;
const SIGNS = { fused: '⇒', removed: '−', added: '+', moved: '↕' } as const;

/**
 * The changes that the stage's pass made; a click on one lights up its ops.
 */
export class ChangeList {
  constructor(
    private readonly _model: MicroscopeModel,
    private readonly _trans: ITranslation,
    private readonly _signal: AbortSignal
  ) {
    this.node = element('div', 'pw-Changes');
    _model.on(
      'stage',
      () => {
        this.refresh();
      },
      _signal
    );
    this.refresh();
  }

  readonly node: HTMLElement;

  refresh(): void {
    const { data, lineage, stage } = this._model;
    const changes = stage > 0 ? changesOf(data, lineage, stage) : [];
    if (changes.length === 0) {
      const text =
        stage === 0
          ? this._trans.__('This is the program as it was traced.')
          : this._trans.__('This pass changed nothing.');
      this.node.replaceChildren(element('p', 'pw-Details-empty', text));
      return;
    }
    const list = element('ul', 'pw-Changes-list');
    for (const change of changes.slice(0, MOST_CHANGES)) {
      list.append(this._item(change));
    }
    this.node.replaceChildren(list);
  }

  private _item(change: IChange): HTMLElement {
    const item = element('li');
    const button = element('button', `pw-Changes-item pw-mod-${change.kind}`);
    button.type = 'button';
    const sign = element('span', 'pw-Changes-sign', SIGNS[change.kind]);
    sign.setAttribute('aria-hidden', 'true');
    button.append(sign, element('span', '', this._say(change)));
    button.addEventListener(
      'click',
      () => {
        this._choose(change);
      },
      {
        signal: this._signal
      }
    );
    item.append(button);
    return item;
  }

  private _say({ kind, from, to, ids, isCertain }: IChange): string {
    const trans = this._trans;
    switch (kind) {
      case 'removed':
        return trans.__('%1 × %2 removed', ids.length, to);
      case 'added':
        return trans.__('%1 × %2 added', ids.length, to);
      case 'moved':
        return trans.__('%1 × %2 moved', ids.length, to);
      case 'fused': {
        const names = countNames(from).join(' + ');
        const text = trans.__('%1 × %2 from %3', ids.length, to, names);
        return isCertain ? text : trans.__('%1 (inferred)', text);
      }
    }
  }

  private _choose({ kind, ids }: IChange): void {
    const stage =
      kind === 'removed' ? this._model.stage - 1 : this._model.stage;
    this._model.pin({ kind: 'ops', stage, ids });
    const row = this._model.lineage.rowOf(this._model.stage, ids[0] ?? -1);
    if (row !== undefined) {
      void this._model.reveal(row);
    }
  }
}

/** `['add', '2 matmul']` for `['add', 'matmul', 'matmul']`. */
export function countNames(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Array.from(counts, ([name, count]) =>
    count === 1 ? name : `${count} ${name}`
  );
}
