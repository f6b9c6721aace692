const NAMESPACE = 'http://www.w3.org/2000/svg';

/** Attributes of an element; numbers are rounded to a tenth. */
type Attributes = Readonly<Record<string, string | number>>;

/** Make an element of a picture; its class gives it its look. */
export function shape(
  tag: string,
  kind: string,
  attributes: Attributes,
  text = ''
): SVGElement {
  const node = document.createElementNS(NAMESPACE, tag);
  node.setAttribute('class', `pw-CompressionLens-${kind}`);
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, typeof value === 'number' ? fixed(value) : value);
  }
  if (text !== '') {
    node.textContent = text;
  }
  return node;
}

/** Make a picture; `label` says what it shows, for those who do not see it. */
export function picture(
  width: number,
  height: number,
  label: string
): SVGElement {
  const svg = shape('svg', 'svg', { viewBox: `0 0 ${width} ${height}` });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return svg;
}

export function fixed(value: number): string {
  return String(Math.round(10 * value) / 10);
}

/** Return round numbers between two others, about as many as wanted. */
export function ticks(low: number, high: number, count: number): number[] {
  const step = niceStep((high - low) / count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) =>
    Number(((first + at) * step).toPrecision(12))
  );
}

function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find(each => each * power >= 0.8 * least);
  return (factor ?? 10) * power;
}
