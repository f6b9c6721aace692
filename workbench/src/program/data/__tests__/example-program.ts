/** An op of a program that a test lays down. */
export interface IExampleOp {
  id: number;
  name: string;
  layer?: string;
  inputs?: number[];
  outputs?: number[];
  line?: number;
  certain?: boolean;
  parent?: number;
  region?: number;
  attributes?: Record<string, string>;
  flops?: number;
}

export interface IExampleStage {
  name: string;
  ops: IExampleOp[];
  removed?: number[];
  added?: number[];
  /** From, to, certain. */
  lineage?: [number, number, 0 | 1][];
  live?: number[];
}

export const FILE = 'net.py';

/** Write a program as `program/model/columns.py` does. */
export function programBytes(
  stages: readonly IExampleStage[],
  header: object = {}
): DataView {
  const strings = [''];
  const indices = new Map([['', 0]]);
  const text = (value: string): number => {
    let index = indices.get(value);
    if (index === undefined) {
      index = strings.push(value) - 1;
      indices.set(value, index);
    }
    return index;
  };
  const ints: Record<string, number[]> = {
    inputs_start: [0],
    outputs_start: [0],
    stack_start: [0]
  };
  const flops: number[] = [];
  const numbers: Record<string, number[]> = { flops };
  const certain: number[] = [];
  const put = (name: string, ...values: number[]): void => {
    (ints[name] ??= []).push(...values);
  };
  const values = new Map<number, number>();
  const value = (id: number): number => {
    let index = values.get(id);
    if (index === undefined) {
      index = values.size;
      values.set(id, index);
      put('value_id', id);
      put('value_shape', text('2×3'));
      put('value_dtype', text('float32'));
      put('value_name', 0);
    }
    return index;
  };
  const rows = new Map<string, number>();
  const row = (op: IExampleOp): number => {
    const key = JSON.stringify(op);
    const row = rows.get(key);
    if (row !== undefined) {
      return row;
    }
    rows.set(key, rows.size);
    put('op_id', op.id);
    put('op_name', text(op.name));
    put('op_layer', text(op.layer ?? ''));
    put(
      'op_attributes',
      op.attributes ? text(JSON.stringify(op.attributes)) : 0
    );
    put('op_file', op.line === undefined ? 0 : text(FILE));
    put('op_line', op.line ?? 0);
    certain.push(op.certain === false ? 0 : 1);
    put('op_parent', op.parent ?? -1);
    put('op_region', op.region ?? -1);
    put('inputs', ...(op.inputs ?? []).map(value));
    put('inputs_start', ints.inputs?.length ?? 0);
    put('outputs', ...(op.outputs ?? []).map(value));
    put('outputs_start', ints.outputs?.length ?? 0);
    if (op.line !== undefined) {
      put('stack_file', text(FILE));
      put('stack_line', op.line);
    }
    put('stack_start', ints.stack_line?.length ?? 0);
    flops.push(op.flops ?? Number.NaN);
    return rows.size - 1;
  };
  stages.forEach((stage, at) => {
    put(`rows_${at}`, ...stage.ops.map(row));
    put(`removed_${at}`, ...(stage.removed ?? []));
    put(`added_${at}`, ...(stage.added ?? []));
    put(`lineage_${at}`, ...(stage.lineage ?? []).flat());
    if (stage.live) {
      put(`steps_${at}`, ...stage.ops.map(op => op.id));
      numbers[`live_${at}`] = stage.live;
    }
  });
  const arrays: Record<string, [string, number, number]> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  const write = (name: string, kind: string, content: Uint8Array): void => {
    const size = kind === 'int32' ? 4 : kind === 'float64' ? 8 : 1;
    arrays[name] = [kind, offset, content.byteLength / size];
    const padded = new Uint8Array(Math.ceil(content.byteLength / 8) * 8);
    padded.set(content);
    parts.push(padded);
    offset += padded.byteLength;
  };
  for (const [name, column] of Object.entries(ints)) {
    write(name, 'int32', new Uint8Array(Int32Array.from(column).buffer));
  }
  for (const [name, column] of Object.entries(numbers)) {
    write(name, 'float64', new Uint8Array(Float64Array.from(column).buffer));
  }
  write('op_certain', 'uint8', Uint8Array.from(certain));
  const head = new TextEncoder().encode(
    JSON.stringify({
      name: 'Net',
      sources: [],
      transformed: [],
      parameters: [],
      breaks: [],
      explanations: [],
      ...header,
      strings,
      stages: stages.map(stage => ({
        name: stage.name,
        duration_ms: null,
        matches: null,
        scope: '',
        ops_before: stage.ops.length,
        ops_after: stage.ops.length,
        inputs: [],
        outputs: [],
        memory: stage.live
          ? { peak_bytes: Math.max(...stage.live), peak_op: null }
          : null
      })),
      arrays
    })
  );
  const start = Math.ceil((8 + head.byteLength) / 8) * 8;
  const bytes = new Uint8Array(start + offset);
  bytes.set(new TextEncoder().encode('PWC1'));
  new DataView(bytes.buffer).setUint32(4, head.byteLength, true);
  bytes.set(head, 8);
  let at = start;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return new DataView(bytes.buffer);
}

/** A regular network: blocks of ten ops with a shortcut each, in layers of two depths. */
export function regularOps(count: number, isLayered = true): IExampleOp[] {
  const ops: IExampleOp[] = [];
  for (let at = 0; at < count; at++) {
    const block = Math.floor(at / 10);
    const within = at % 10;
    const inputs = at === 0 ? [] : [at - 1];
    if (within === 9) {
      inputs.push(at - 9);
    }
    ops.push({
      id: at,
      name: within === 9 ? 'pd_op.add' : `pd_op.step_${within}`,
      layer: isLayered ? `blocks.${block}.part${Math.floor(within / 5)}` : '',
      inputs,
      outputs: [at]
    });
  }
  return ops;
}
