/** Return a probability as a text. */
export function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

/** Round as Python and OpenCV do: a tie to the even neighbour. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const isTie = value - floor === 0.5;
  return isTie ? floor + Math.abs(floor % 2) : Math.round(value);
}
