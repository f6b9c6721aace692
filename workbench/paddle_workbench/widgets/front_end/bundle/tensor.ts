/** An array as it travels: numpy's name of its element type, its sizes, and its bytes in C order. */
export interface ITensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Elements of a tensor: integers of 64 bits are bigint. */
export type Elements =
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

type ElementsType = new (
  buffer: ArrayBuffer,
  start: number,
  length: number
) => Elements;

const TYPES: Readonly<Record<string, readonly [ElementsType, number]>> = {
  bool: [Uint8Array, 1],
  float16: [Uint16Array, 2],
  float32: [Float32Array, 4],
  float64: [Float64Array, 8],
  int8: [Int8Array, 1],
  int16: [Int16Array, 2],
  int32: [Int32Array, 4],
  int64: [BigInt64Array, 8],
  uint8: [Uint8Array, 1],
  uint16: [Uint16Array, 2],
  uint32: [Uint32Array, 4],
  uint64: [BigUint64Array, 8]
};

/** Return the elements of a tensor; those of float16 as their bits. */
export function elementsOf({ dtype, bytes }: ITensor): Elements {
  const [type, size] = TYPES[dtype] ?? [undefined, 1];
  if (type === undefined) {
    throw new Error(`The runtime has no element type ${dtype}.`);
  }
  // A view needs a start that is a multiple of the size.
  const whole = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new type(whole.buffer, whole.byteOffset, whole.byteLength / size);
}

/** Return the elements of a tensor as numbers. */
export function numbersOf(tensor: ITensor): Float64Array {
  const elements = elementsOf(tensor);
  if (tensor.dtype === 'float16') {
    return Float64Array.from(elements as Uint16Array, halfToNumber);
  }
  return elements instanceof BigInt64Array || elements instanceof BigUint64Array
    ? Float64Array.from(elements, Number)
    : Float64Array.from(elements);
}

export function tensorOf(
  dtype: string,
  shape: readonly number[],
  elements: Elements
): ITensor {
  const bytes = new Uint8Array(
    elements.buffer as ArrayBuffer,
    elements.byteOffset,
    elements.byteLength
  );
  return { dtype, shape, bytes };
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) {
    return fraction === 0 ? sign * Infinity : NaN;
  }
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
