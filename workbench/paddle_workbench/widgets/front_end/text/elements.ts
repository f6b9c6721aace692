/** Return the code points of a text: Python counts places by them. */
export function codePoints(text: string): string[] {
  return Array.from(text);
}

/** Make an element with a class and a text; texts are never HTML. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  text = ''
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== '') {
    element.className = className;
  }
  element.textContent = text;
  return element;
}

/**
 * Return an id that no other element of the page has. A counter would not do: each widget loads its
 * module for itself, and counts from the start again.
 */
export function freshId(prefix: string): string {
  return `${prefix}-${Math.random().toString(36).slice(2)}`;
}

/** Make a choice with a label; `values` are what is chosen, and how it is called. */
export function choice(
  label: string,
  values: readonly (readonly [string, string])[],
  chosen: string
): { label: HTMLElement; select: HTMLSelectElement } {
  const wrapper = make('label', 'pw-Text-choice', label);
  const select = make('select');
  for (const [value, name] of values) {
    const option = make('option', '', name);
    option.value = value;
    option.selected = value === chosen;
    select.append(option);
  }
  wrapper.append(select);
  return { label: wrapper, select };
}

/**
 * Let the arrow keys walk through elements of which only one is a tab stop.
 */
export function walk(
  elements: readonly HTMLElement[],
  signal: AbortSignal
): void {
  elements.forEach((element, place) => {
    element.tabIndex = place === 0 ? 0 : -1;
    element.addEventListener(
      'keydown',
      event => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
        const next = elements[place + step];
        if (step === 0 || next === undefined) {
          return;
        }
        event.preventDefault();
        element.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      },
      { signal }
    );
  });
}
