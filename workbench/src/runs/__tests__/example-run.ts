import type { Parameter, RunRecord, RunStatus } from '../../contract';

/** A run that has succeeded. */
export function exampleRun(
  changes: Partial<RunRecord> = {},
  status: Partial<RunStatus> = {}
): RunStatus {
  return {
    run: {
      schema_version: 1,
      id: 'r1',
      notebook: 'lessons/text.ipynb',
      state: 'succeeded',
      kernel: 'paddle',
      parameters: { lr: 0.1, epochs: 3 },
      given: ['lr'],
      secrets: [],
      group: null,
      created_at: '2026-11-30T10:00:00Z',
      started_at: '2026-11-30T10:00:01Z',
      finished_at: '2026-11-30T10:00:59Z',
      duration_s: 58,
      timeout_s: null,
      cell_timeout_s: null,
      attempt: 1,
      retries: 0,
      previous: null,
      resumed_from: null,
      backend: 'local',
      address: null,
      node: null,
      from_editor: false,
      attached: false,
      process_id: null,
      process_started_at: null,
      cells_done: 25,
      cells_total: 25,
      metrics: { accuracy: 0.861 },
      warnings: [],
      error: null,
      stop: null,
      failed_cell: null,
      provenance: null,
      ...changes
    },
    live: null,
    expected_s: null,
    remaining_s: null,
    cell_expected_s: null,
    series: {},
    has_report: true,
    ...status
  };
}

/** A run that runs its seventh cell. */
export function runningRun(): RunStatus {
  return exampleRun(
    {
      id: 'live',
      state: 'running',
      started_at: new Date(Date.now() - 21_000).toISOString(),
      finished_at: null,
      duration_s: null,
      cells_done: 6,
      metrics: {}
    },
    {
      live: {
        cell: 'train',
        index: 6,
        cell_started_at: new Date().toISOString(),
        output: 'epoch 1\nepoch 2\r',
        memory_bytes: 512 * 2 ** 20
      },
      remaining_s: 40,
      cell_expected_s: 10,
      series: {
        loss: [
          [1, 0.9],
          [2, 0.5]
        ]
      },
      has_report: false
    }
  );
}

/** A parameter with a default. */
export function exampleParameter(changes: Partial<Parameter> = {}): Parameter {
  return {
    name: 'lr',
    type: 'float',
    default: 0.1,
    help: 'The learning rate.',
    choices: null,
    minimum: 0,
    maximum: 1,
    exclusive: true,
    exclusive_maximum: false,
    optional: false,
    secret: false,
    ...changes
  };
}
