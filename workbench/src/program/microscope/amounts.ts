import type { ITranslation } from '../../translation';

const THOUSAND = 1000;
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'];

/** Write an amount with three digits and a decimal prefix: `2.1 kFLOP`, `41 MB`. */
export function amount(value: number, unit: string): string {
  let scaled = value;
  let at = 0;
  while (Math.abs(scaled) >= THOUSAND && at < PREFIXES.length - 1) {
    scaled /= THOUSAND;
    at++;
  }
  const digits =
    at === 0 ? String(scaled) : String(Number(scaled.toPrecision(3)));
  return `${digits} ${PREFIXES[at] ?? ''}${unit}`;
}

/** A number of ops, in words. */
export function opCount(count: number, trans: ITranslation): string {
  return count === 1 ? trans.__('1 op') : trans.__('%1 ops', count);
}

/** Write a measured time with three digits. */
export function milliseconds(time: number): string {
  return `${String(Number(time.toPrecision(3)))} ms`;
}
