import { element } from './dom';

interface ITab {
  readonly tab: HTMLButtonElement;
  readonly panel: HTMLElement;
  readonly onShow: ((isShown: boolean) => void) | undefined;
}

/**
 * Panels of which one is visible, chosen by tabs.
 */
export class TabPanel {
  constructor(
    label: string,
    private readonly _signal: AbortSignal
  ) {
    this.node = element('section', 'pw-Tabs');
    this._list = element('div', 'pw-Tabs-list');
    this._list.setAttribute('role', 'tablist');
    this._list.setAttribute('aria-label', label);
    this.node.append(this._list);
    this._list.addEventListener(
      'keydown',
      event => {
        this._onKey(event);
      },
      {
        signal: _signal
      }
    );
  }

  readonly node: HTMLElement;

  add(
    title: string,
    content: HTMLElement,
    onShow?: (isShown: boolean) => void
  ): void {
    const at = this._tabs.length;
    const tab = element('button', 'pw-Tabs-tab', title);
    tab.type = 'button';
    tab.setAttribute('role', 'tab');
    const panel = element('div', 'pw-Tabs-panel');
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-label', title);
    panel.append(content);
    tab.addEventListener(
      'click',
      () => {
        this.show(at);
      },
      {
        signal: this._signal
      }
    );
    this._list.append(tab);
    this.node.append(panel);
    this._tabs.push({ tab, panel, onShow });
    if (at === 0) {
      this.show(0);
    } else {
      this._set(at, false);
    }
  }

  show(shown: number): void {
    this._shown = shown;
    this._tabs.forEach((_, at) => {
      this._set(at, at === shown);
    });
  }

  private _set(at: number, isShown: boolean): void {
    const entry = this._tabs[at];
    if (entry) {
      entry.tab.setAttribute('aria-selected', String(isShown));
      entry.tab.tabIndex = isShown ? 0 : -1;
      entry.panel.hidden = !isShown;
      entry.onShow?.(isShown);
    }
  }

  private _onKey(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined) {
      const count = this._tabs.length;
      this.show((this._shown + step + count) % count);
      this._tabs[this._shown]?.tab.focus();
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private readonly _list: HTMLElement;
  private readonly _tabs: ITab[] = [];
  private _shown = 0;
}
