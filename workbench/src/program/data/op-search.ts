import type { ProgramData } from './program-data';

/** The rows of a stage whose op, layer or value has that name, in the order they run. */
export function findOps(
  data: ProgramData,
  stage: number,
  text: string
): number[] {
  const query = text.trim().toLowerCase();
  if (query === '') {
    return [];
  }
  const { columns } = data;
  const matches = Uint8Array.from(columns.header.strings, string =>
    string.toLowerCase().includes(query) ? 1 : 0
  );
  const name = columns.ints('op_name');
  const layer = columns.ints('op_layer');
  const valueName = columns.ints('value_name');
  const rows: number[] = [];
  for (const row of data.rows(stage)) {
    const isNamed =
      matches[name[row] ?? 0] === 1 || matches[layer[row] ?? 0] === 1;
    if (isNamed || hasValue(data, row, valueName, matches)) {
      rows.push(row);
    }
  }
  return rows;
}

function hasValue(
  { outputs, outputsStart }: ProgramData,
  row: number,
  valueName: Int32Array,
  matches: Uint8Array
): boolean {
  const end = outputsStart[row + 1] ?? 0;
  for (let at = outputsStart[row] ?? 0; at < end; at++) {
    const text = valueName[outputs[at] ?? -1] ?? 0;
    if (text !== 0 && matches[text] === 1) {
      return true;
    }
  }
  return false;
}
