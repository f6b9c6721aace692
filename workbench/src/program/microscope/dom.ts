/** Make an element with a class of the program's panes, and text. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  text = ''
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name);
  if (className) {
    node.className = className;
  }
  if (text) {
    node.textContent = text;
  }
  return node;
}

/** Make a button that says in words what it does. */
export function button(
  text: string,
  title: string,
  onClick: () => void,
  signal: AbortSignal
): HTMLButtonElement {
  const node = element('button', 'pw-Microscope-button', text);
  node.type = 'button';
  node.title = title;
  if (text !== title) {
    node.setAttribute('aria-label', title);
  }
  node.addEventListener('click', onClick, { signal });
  return node;
}
