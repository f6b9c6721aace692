/** The first bytes of the columns; they change with the format. */
const MAGIC = 'PWC1';
const HEADER_START = 8;
const ALIGNMENT = 8;

type ArrayKind = 'int32' | 'float64' | 'uint8';

/** A line of a source file. */
export type Line = readonly [file: string, line: number];

export interface ISourceText {
  readonly file: string;
  readonly first_line: number;
  readonly text: string;
  readonly name: string;
}

export interface ITransformed {
  readonly file: string;
  readonly name: string;
  readonly text: string;
  /** Pairs of a line of `text` and the line of `file` that it came from. */
  readonly lines: readonly (readonly [number, number])[];
}

export interface IExplanation {
  readonly kind: string;
  /** Of the page that explains it. */
  readonly code: string;
  readonly rule: { readonly zh: string; readonly en: string };
  readonly repair: { readonly zh: string; readonly en: string };
  readonly example: string;
  readonly proven: boolean;
  readonly message: string;
  readonly line: Line | null;
}

export interface IMemoryPlan {
  readonly peak_bytes: number;
  readonly peak_op: number | null;
  readonly total_bytes: number;
  readonly reuse_saved_bytes: number;
  readonly inplace_saved_bytes: number;
  readonly parameter_bytes: number;
  readonly unknown: number;
}

export interface IStageHeader {
  readonly name: string;
  readonly duration_ms: number | null;
  readonly matches: number | null;
  readonly scope: string;
  readonly ops_before: number;
  readonly ops_after: number;
  /** The stage that has the same rows. */
  readonly same_as?: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly memory: IMemoryPlan | null;
}

/** The header of the columns, as `program/model/columns.py` writes it. */
export interface IColumnsHeader {
  readonly name: string;
  readonly sources: readonly ISourceText[];
  readonly transformed: readonly ITransformed[];
  readonly parameters: readonly (readonly [
    name: string,
    shape: readonly number[],
    dtype: string,
    bytes: number,
    value: number | null
  ])[];
  readonly breaks: readonly {
    readonly reason: string;
    readonly kind: string;
    readonly line: Line | null;
  }[];
  readonly explanations: readonly IExplanation[];
  readonly strings: readonly string[];
  readonly stages: readonly IStageHeader[];
  readonly arrays: Readonly<
    Record<string, readonly [kind: ArrayKind, offset: number, length: number]>
  >;
}

/**
 * The columns of a capture: its header, and its arrays by name.
 */
export class Columns {
  /** Throws an Error if the bytes are not columns. */
  constructor(bytes: DataView) {
    const text = (start: number, length: number): string =>
      new TextDecoder().decode(
        new Uint8Array(bytes.buffer, bytes.byteOffset + start, length)
      );
    if (bytes.byteLength < HEADER_START || text(0, MAGIC.length) !== MAGIC) {
      throw new Error('These bytes are not a program.');
    }
    const length = bytes.getUint32(MAGIC.length, true);
    this.header = JSON.parse(text(HEADER_START, length)) as IColumnsHeader;
    const end = HEADER_START + length;
    const start = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    // Typed arrays need an aligned start, which a view of a message rarely has.
    this._bytes = bytes.buffer.slice(
      bytes.byteOffset + start,
      bytes.byteOffset + bytes.byteLength
    ) as ArrayBuffer;
  }

  readonly header: IColumnsHeader;

  /** The text of an entry of the table of strings. */
  string(index: number): string {
    return this.header.strings[index] ?? '';
  }

  /** A column of whole numbers; empty if there is no column with this name. */
  ints(name: string): Int32Array {
    const entry = this.header.arrays[name];
    return entry
      ? new Int32Array(this._bytes, entry[1], entry[2])
      : new Int32Array(0);
  }

  /** A column of numbers; unknown ones are NaN. */
  numbers(name: string): Float64Array {
    const entry = this.header.arrays[name];
    return entry
      ? new Float64Array(this._bytes, entry[1], entry[2])
      : new Float64Array(0);
  }

  /** A column of small whole numbers. */
  bytes(name: string): Uint8Array {
    const entry = this.header.arrays[name];
    return entry
      ? new Uint8Array(this._bytes, entry[1], entry[2])
      : new Uint8Array(0);
  }

  private readonly _bytes: ArrayBuffer;
}
