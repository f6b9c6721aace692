/** Create an element with a class and a text. */
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

/** Create a button with a description of what it does. */
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
