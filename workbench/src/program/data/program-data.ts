import type { Line } from './columns';
import { Columns } from './columns';

/** An input or output of an op. */
export interface IValue {
  readonly id: number;
  readonly name: string;
  readonly dtype: string;
  /** `4×128`, `?` for a size known only when the program runs; empty if not a tensor. */
  readonly shape: string;
}

/** The cost of an op; NaN where it is unknown. */
export interface ICost {
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly measuredMs: number;
}

/** Ops that only name or hold a constant; a graph is easier to read without them. */
const CONSTANTS: ReadonlySet<string> = new Set([
  'builtin.parameter',
  'builtin.constant',
  'builtin.constant_tensor',
  'pd_op.full',
  'pd_op.full_int_array',
  'pd_op.parameter',
  'onnx.Constant',
  'onnx.initializer'
]);

/**
 * A program in all its stages, read from columns. An op is identified by its row.
 */
export class ProgramData {
  constructor(bytes: DataView) {
    this.columns = new Columns(bytes);
    const { columns } = this;
    this.opId = columns.ints('op_id');
    this._name = columns.ints('op_name');
    this._layer = columns.ints('op_layer');
    this._attributes = columns.ints('op_attributes');
    this._file = columns.ints('op_file');
    this._line = columns.ints('op_line');
    this._certain = columns.bytes('op_certain');
    this.parent = columns.ints('op_parent');
    this.region = columns.ints('op_region');
    this.inputs = columns.ints('inputs');
    this.inputsStart = columns.ints('inputs_start');
    this.outputs = columns.ints('outputs');
    this.outputsStart = columns.ints('outputs_start');
    this._stackFile = columns.ints('stack_file');
    this._stackLine = columns.ints('stack_line');
    this._stackStart = columns.ints('stack_start');
    const constants = new Set(
      columns.header.strings.flatMap((text, at) =>
        CONSTANTS.has(text) ? [at] : []
      )
    );
    this._isConstantName = index => constants.has(index);
  }

  readonly columns: Columns;
  readonly opId: Int32Array;
  /** The id of the op whose region an op is in; else -1. */
  readonly parent: Int32Array;
  readonly region: Int32Array;
  /**
   * Rows of values, -1 for an omitted input; those of op `row` are `[start[row], start[row + 1])`.
   */
  readonly inputs: Int32Array;
  readonly inputsStart: Int32Array;
  readonly outputs: Int32Array;
  readonly outputsStart: Int32Array;

  get name(): string {
    return this.columns.header.name;
  }

  /** The number of stages: the traced program, then one for each pass. */
  get stageCount(): number {
    return this.columns.header.stages.length;
  }

  /** The rows of a stage, in the order they run. */
  rows(stage: number): Int32Array {
    const same = this.columns.header.stages[stage]?.same_as;
    return this.columns.ints(`rows_${same ?? stage}`);
  }

  /** Whether a stage is the same as the previous one. */
  isUnchanged(stage: number): boolean {
    return this.columns.header.stages[stage]?.same_as !== undefined;
  }

  /** With its dialect: `pd_op.matmul`. */
  opName(row: number): string {
    return this.columns.string(this._name[row] ?? 0);
  }

  /** Without its dialect: `matmul`. */
  opKind(row: number): string {
    const name = this.opName(row);
    return name.slice(name.indexOf('.') + 1);
  }

  /** The path of the layer, `encoder.layers.0`; empty for the network itself. */
  layer(row: number): string {
    return this.columns.string(this._layer[row] ?? 0);
  }

  isConstant(row: number): boolean {
    return this._isConstantName(this._name[row] ?? 0);
  }

  /** Attributes as pairs of name and value. */
  attributes(row: number): [string, string][] {
    const text = this.columns.string(this._attributes[row] ?? 0);
    return text === ''
      ? []
      : Object.entries(JSON.parse(text) as Record<string, string>);
  }

  /** The innermost line of the learner's code that made an op; null if unknown. */
  line(row: number): Line | null {
    const line = this._line[row] ?? 0;
    return line === 0
      ? null
      : [this.columns.string(this._file[row] ?? 0), line];
  }

  isLineCertain(row: number): boolean {
    return this._certain[row] === 1;
  }

  /** Every line on the way to an op, outermost first. */
  stack(row: number): Line[] {
    const lines: Line[] = [];
    const end = this._stackStart[row + 1] ?? 0;
    for (let at = this._stackStart[row] ?? 0; at < end; at++) {
      const file = this.columns.string(this._stackFile[at] ?? 0);
      lines.push([file, this._stackLine[at] ?? 0]);
    }
    return lines;
  }

  inputsOf(row: number): (IValue | null)[] {
    return this._values(this.inputs, this.inputsStart, row);
  }

  outputsOf(row: number): (IValue | null)[] {
    return this._values(this.outputs, this.outputsStart, row);
  }

  value(index: number): IValue {
    const { columns } = this;
    const text = (name: string): string =>
      columns.string(columns.ints(name)[index] ?? 0);
    return {
      id: columns.ints('value_id')[index] ?? -1,
      name: text('value_name'),
      dtype: text('value_dtype'),
      shape: text('value_shape')
    };
  }

  cost(row: number): ICost {
    const at = (name: string): number =>
      this.columns.numbers(name)[row] ?? Number.NaN;
    return {
      flops: at('flops'),
      bytesRead: at('bytes_read'),
      bytesWritten: at('bytes_written'),
      measuredMs: at('measured_ms')
    };
  }

  private _values(
    values: Int32Array,
    starts: Int32Array,
    row: number
  ): (IValue | null)[] {
    return Array.from(
      values.subarray(starts[row] ?? 0, starts[row + 1] ?? 0),
      index => (index < 0 ? null : this.value(index))
    );
  }

  private readonly _name: Int32Array;
  private readonly _layer: Int32Array;
  private readonly _attributes: Int32Array;
  private readonly _file: Int32Array;
  private readonly _line: Int32Array;
  private readonly _certain: Uint8Array;
  private readonly _stackFile: Int32Array;
  private readonly _stackLine: Int32Array;
  private readonly _stackStart: Int32Array;
  private readonly _isConstantName: (index: number) => boolean;
}
