/** Make an element with a class of the program's panes, and text. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  text = ''
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  if (text) {
    made.textContent = text;
  }
  return made;
}

/** Make a button that says in words what it does. */
export function button(
  text: string,
  title: string,
  onClick: () => void,
  signal: AbortSignal
): HTMLButtonElement {
  const made = element('button', 'pw-Microscope-button', text);
  made.type = 'button';
  made.title = title;
  if (text !== title) {
    made.setAttribute('aria-label', title);
  }
  made.addEventListener('click', onClick, { signal });
  return made;
}
