import type { IModel } from '../../base/model';
import type { ITranslation } from '../../base/translation';
import { WidgetTranslation } from '../../base/translation';
import type { IDeskTraits } from '../desk-state';

/** The traits of a desk in memory, and what was sent to its kernel. */
export class DeskInMemory<
  Traits extends IDeskTraits
> implements IModel<Traits> {
  constructor(readonly values: Traits) {}

  get<Name extends keyof Traits>(name: Name): Traits[Name] {
    return this.values[name];
  }

  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void {
    this.values[name] = value;
  }

  save_changes(): void {
    // There is no kernel to save for.
  }

  send(content: unknown): void {
    this.sent.push(content);
  }

  on(): void {
    // Nothing happens by itself here.
  }

  off(): void {
    // So there is nothing to end.
  }

  readonly sent: unknown[] = [];
}

/** The traits that desks share, besides their pages: a picture without edits. */
export const PLAIN: Omit<IDeskTraits, 'pages'> = {
  lang: 'en',
  index: 0,
  shown: 0,
  picture: new DataView(new ArrayBuffer(0)),
  size: [100, 80],
  can_undo: false,
  can_redo: false,
  notices: [],
  failure: '',
  answered: 0
};

/** Press a key. */
export function press<Action>(
  actionOf: (event: KeyboardEvent) => Action | undefined,
  key: string,
  held: KeyboardEventInit = {}
): Action | undefined {
  return actionOf(new KeyboardEvent('keydown', { key, ...held }));
}

/** The keys of a help sheet that do nothing. */
export function idleKeys(
  keyHelp: (trans: ITranslation) => readonly (readonly [string, string])[],
  actionOf: (event: KeyboardEvent) => unknown
): string[] {
  const names: Record<string, string> = {
    '↓': 'ArrowDown',
    '↑': 'ArrowUp',
    Esc: 'Escape'
  };
  return keyHelp(new WidgetTranslation('en', {}))
    .flatMap(([shortcuts]) => shortcuts.split(' '))
    .filter(key => key !== 'Shift+←→↑↓')
    .map(key => names[key] ?? key)
    .filter(key => press(actionOf, key) === undefined);
}
