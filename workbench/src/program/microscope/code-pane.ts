import type { Target } from '../data/family';
import { lineKey } from '../data/family';
import { element } from './dom';
import type { MicroscopeModel } from './microscope-model';
import { pythonLines } from './python-tokens';

/** A piece of code, and the source line that each of its lines corresponds to. */
export interface ICode {
  readonly name: string;
  readonly text: string;
  readonly firstLine: number;
  readonly file: string;
  /** The line of the file for a line of the text, counted from 1; undefined if there is none. */
  readonly sourceLine: (line: number) => number | undefined;
}

interface ILine {
  readonly node: HTMLElement;
  readonly target: Target | null;
  readonly key: string;
}

/**
 * Code whose lines light up together with the ops they made.
 */
export class CodePane {
  constructor(
    title: string,
    codes: readonly ICode[],
    private readonly _model: MicroscopeModel,
    signal: AbortSignal
  ) {
    this.node = element('section', 'pw-Code');
    const heading = element('h3', 'pw-Microscope-heading', title);
    this._list = element('div', 'pw-Code-lines');
    this._list.setAttribute('role', 'listbox');
    this._list.setAttribute('aria-label', title);
    this.node.append(heading, this._list);
    for (const code of codes) {
      this._addCode(code);
    }
    this._lines[0]?.node.setAttribute('tabindex', '0');
    this._listen(signal);
    _model.on(
      'family',
      () => {
        this.refresh();
      },
      signal
    );
  }

  readonly node: HTMLElement;

  /** Light up the lines of the family. */
  refresh(): void {
    const { family, isPinned, target } = this._model;
    let first: HTMLElement | null = null;
    for (const { node, key } of this._lines) {
      const isCertain = key === '' ? undefined : family?.lines.get(key);
      const isLit = isCertain !== undefined;
      node.classList.toggle('pw-mod-lit', isLit);
      node.classList.toggle('pw-mod-uncertain', isCertain === false);
      node.setAttribute('aria-selected', String(isLit && isPinned));
      first ??= isLit ? node : null;
    }
    if (first && target?.kind === 'ops') {
      this._bringIntoView(first);
    }
  }

  private _addCode({ name, text, firstLine, file, sourceLine }: ICode): void {
    if (name) {
      this._list.append(element('div', 'pw-Code-name', name));
    }
    pythonLines(text.replace(/\n$/, '')).forEach((tokens, at) => {
      const number = sourceLine(at + 1);
      const node = element('div', 'pw-Code-line');
      node.setAttribute('role', 'option');
      node.setAttribute('aria-selected', 'false');
      node.tabIndex = -1;
      const gutter = element('span', 'pw-Code-gutter', String(firstLine + at));
      gutter.setAttribute('aria-hidden', 'true');
      const content = element('span', 'pw-Code-text');
      for (const token of tokens) {
        content.append(element('span', `pw-Code-${token.kind}`, token.text));
      }
      node.append(gutter, content);
      this._list.append(node);
      this._indices.set(node, this._lines.length);
      this._lines.push({
        node,
        key: number === undefined ? '' : lineKey([file, number]),
        target:
          number === undefined ? null : { kind: 'line', file, line: number }
      });
    });
  }

  private _listen(signal: AbortSignal): void {
    const at = (event: Event): number => {
      const node = (event.target as Element).closest('.pw-Code-line');
      return node ? (this._indices.get(node) ?? -1) : -1;
    };
    const options = { signal };
    const list = this._list;
    list.addEventListener(
      'pointerover',
      event => {
        this._model.point(this._lines[at(event)]?.target ?? null);
      },
      options
    );
    list.addEventListener(
      'pointerleave',
      () => {
        this._model.point(null);
      },
      options
    );
    list.addEventListener(
      'focusin',
      event => {
        this._model.point(this._lines[at(event)]?.target ?? null);
      },
      options
    );
    list.addEventListener(
      'click',
      event => {
        this._pin(at(event));
      },
      options
    );
    list.addEventListener(
      'keydown',
      event => {
        if (this._onKey(event.key, at(event))) {
          event.preventDefault();
          event.stopPropagation();
        }
      },
      options
    );
  }

  private _pin(at: number): void {
    const line = this._lines[at];
    if (line?.target) {
      this._model.pin(line.target);
      this._focus(at);
    }
  }

  private _onKey(key: string, at: number): boolean {
    switch (key) {
      case 'ArrowDown':
        this._focus(at + 1);
        return true;
      case 'ArrowUp':
        this._focus(at - 1);
        return true;
      case 'Home':
        this._focus(0);
        return true;
      case 'End':
        this._focus(this._lines.length - 1);
        return true;
      case 'Enter':
      case ' ':
        this._pin(at);
        return true;
      default:
        return false;
    }
  }

  private _focus(at: number): void {
    const line = this._lines[at];
    if (line) {
      this._list
        .querySelector('[tabindex="0"]')
        ?.setAttribute('tabindex', '-1');
      line.node.tabIndex = 0;
      line.node.focus();
    }
  }

  /** Scroll only the pane; scrollIntoView would move the notebook too. */
  private _bringIntoView(node: HTMLElement): void {
    const list = this._list;
    const top = node.offsetTop - list.offsetTop;
    const isSeen =
      top >= list.scrollTop &&
      top + node.offsetHeight <= list.scrollTop + list.clientHeight;
    if (!isSeen) {
      list.scrollTop = top - list.clientHeight / 3;
    }
  }

  private readonly _list: HTMLElement;
  private readonly _lines: ILine[] = [];
  private readonly _indices = new Map<Element, number>();
}
