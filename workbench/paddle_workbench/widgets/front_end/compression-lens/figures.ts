const UNITS = ['B', 'KiB', 'MiB', 'GiB'];

/** Return a number with three digits that count. */
export function short(value: number): string {
  if (value === 0) {
    return '0';
  }
  const digits = Number(value.toPrecision(3));
  const size = Math.abs(digits);
  return size >= 1e5 || size < 1e-4
    ? digits.toExponential().replace('e+', 'e').replace('-', '−')
    : digits.toString().replace('-', '−');
}

/** Return the name of the unit in which a number of bytes is short, and its bytes. */
export function unitOf(value: number): readonly [string, number] {
  let [unit, size] = [0, 1];
  while (value / size >= 1024 && unit < UNITS.length - 1) {
    size *= 1024;
    unit++;
  }
  return [UNITS[unit] ?? '', size];
}

export function bytes(value: number): string {
  const [unit, size] = unitOf(value);
  const count = value / size;
  return `${count >= 1000 ? Math.round(count) : short(count)} ${unit}`;
}

/** Return a share as points of 100, with its sign. */
export function points(value: number): string {
  const rounded = (100 * value).toFixed(1);
  return signed(Number(rounded), rounded);
}

export function share(value: number): string {
  const percent = 100 * value;
  if (percent === 0) {
    return '0 %';
  }
  if (percent < 0.1) {
    return percent < 0.01 ? '< 0.01 %' : `${percent.toFixed(2)} %`;
  }
  return `${percent.toFixed(1)} %`;
}

/** Return how much more or less a value is than another one, such as `−75 %`. */
export function change(value: number, before: number): string {
  const percent = Math.round(100 * (value / before - 1));
  return `${signed(percent, String(percent))} %`;
}

function signed(value: number, text: string): string {
  const sign = value > 0 ? '+' : value < 0 ? '−' : '±';
  return `${sign}${text.replace('-', '')}`;
}
