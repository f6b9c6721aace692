/** The MIME type of a recorded metric, from scrapbook. */
export const METRIC_MIME_TYPE = 'application/scrapbook.scrap.json+json';

/**
 * A metric that a notebook recorded.
 */
export interface IMetric {
  readonly name: string;
  readonly value: string | number | boolean;
}

/** Read a metric from an output; null if the output is something else. */
export function parseMetric(content: unknown): IMetric | null {
  if (typeof content !== 'object' || content === null) {
    return null;
  }
  const { name, data } = content as Record<string, unknown>;
  const isValue =
    typeof data === 'string' ||
    typeof data === 'number' ||
    typeof data === 'boolean';
  return typeof name === 'string' && isValue ? { name, value: data } : null;
}

/**
 * Format a metric's value: fractions to four significant digits, whole numbers in full.
 */
export function formatMetric(value: IMetric['value']): string {
  if (typeof value !== 'number' || Number.isInteger(value)) {
    return String(value);
  }
  return String(Number(value.toPrecision(4)));
}
