/** Marks what can be scrolled; the value tells it from others in the same slot. */
const SCROLLED = '[data-scroll]';

/**
 * A place whose content is drawn again as a whole. The control that has the focus gets it back, and
 * what was scrolled stays where it was.
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
    const places = this._scrolled().map(
      ({ dataset, scrollLeft, scrollTop }) =>
        [dataset.scroll, { scrollLeft, scrollTop }] as const
    );
    this._end.abort();
    this._end = new AbortController();
    this.node.replaceChildren(...make(this._end.signal));
    for (const element of this._scrolled()) {
      const place = places.find(([name]) => name === element.dataset.scroll);
      Object.assign(element, place?.[1]);
    }
    if (focused !== undefined) {
      const selector = `[data-key="${CSS.escape(focused)}"]`;
      this.node
        .querySelector<HTMLElement>(selector)
        ?.focus({ preventScroll: true });
    }
  }

  private _scrolled(): HTMLElement[] {
    return [...this.node.querySelectorAll<HTMLElement>(SCROLLED)];
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
