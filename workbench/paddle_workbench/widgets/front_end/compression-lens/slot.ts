/**
 * A place whose content is drawn again as a whole; the control that has the focus gets it back.
 */
export class Slot {
  constructor(
    readonly node: HTMLElement,
    signal: AbortSignal
  ) {
    signal.addEventListener('abort', () => {
      this._end.abort();
    });
  }

  /** Draw; the signal is aborted before the next drawing: give it to addEventListener. */
  draw(make: (signal: AbortSignal) => readonly HTMLElement[]): void {
    const focused = this._focused();
    this._end.abort();
    this._end = new AbortController();
    this.node.replaceChildren(...make(this._end.signal));
    if (focused !== undefined) {
      const selector = `[data-key="${CSS.escape(focused)}"]`;
      this.node.querySelector<HTMLElement>(selector)?.focus();
    }
  }

  /** The key of the control in here that has the focus. */
  private _focused(): string | undefined {
    const { activeElement } = this.node.getRootNode() as Document | ShadowRoot;
    return activeElement instanceof HTMLElement &&
      this.node.contains(activeElement)
      ? activeElement.dataset.key
      : undefined;
  }

  private _end = new AbortController();
}
