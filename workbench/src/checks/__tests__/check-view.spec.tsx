import { nullTranslator } from '@jupyterlab/translation';
import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';
import type { CheckDifference, CheckedCell, LessonCheck } from '../../contract';
import { exampleJob } from '../../__tests__/fake-server';
import { differenceText, placeText } from '../check-sentence';
import type { ICheckViewProps } from '../check-view';
import { CheckView } from '../check-view';

const trans = nullTranslator.load('paddle_workbench');

function difference(changes: Partial<CheckDifference> = {}): CheckDifference {
  return {
    kind: 'number',
    output: 'stdout',
    message: '',
    line: 2,
    row: null,
    column: null,
    name: '',
    expected: '0.5',
    found: '0.505',
    deviation: 0.01,
    likeness: null,
    expected_picture: null,
    found_picture: null,
    difference_picture: null,
    ...changes
  };
}

function cell(changes: Partial<CheckedCell> = {}): CheckedCell {
  return {
    cell: 'train',
    outcome: 'compared',
    reason: '',
    has_output: true,
    duration_s: 1,
    differences: [],
    ignored: [],
    traceback: '',
    ...changes
  };
}

const done: LessonCheck = {
  path: 'a.ipynb',
  lesson: 'basics/sums',
  cells: [
    cell({ cell: 'data' }),
    cell({ outcome: 'differs', differences: [difference()] }),
    cell({ cell: 'parameters', outcome: 'not_compared', reason: 'changed' }),
    cell({
      cell: 'boom',
      outcome: 'raised',
      reason: 'KeyError: 1',
      traceback: 'Traceback'
    })
  ],
  findings: []
};
const succeeded = exampleJob({
  state: 'succeeded',
  finished_at: '2026-11-23T09:16:00Z'
});

describe('CheckView', () => {
  function show(changes: Partial<ICheckViewProps> = {}): ICheckViewProps {
    const props: ICheckViewProps = {
      canCheck: true,
      failure: null,
      isConnected: true,
      isRunning: false,
      job: null,
      language: 'en',
      onCancel: jest.fn(),
      onCheck: jest.fn(),
      onReveal: jest.fn(),
      result: null,
      trans,
      ...changes
    };
    render(<CheckView {...props} />);
    return props;
  }

  it('offers the check, and explains what to do without a lesson', () => {
    const { onCheck } = show();
    fireEvent.click(screen.getByRole('button', { name: 'Check' }));
    expect(onCheck).toHaveBeenCalledTimes(1);
    show({ canCheck: false });
    expect(screen.getByText('Open a lesson to check it here.')).toBeTruthy();
  });

  it('shows progress, and can be cancelled', () => {
    const { onCancel } = show({
      isRunning: true,
      job: exampleJob({ progress: { done: 1, total: 4, step: null } })
    });
    expect(screen.getByText('1 of 4 cells run')).toBeTruthy();
    expect(screen.getByRole('progressbar').getAttribute('max')).toBe('4');
    fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(onCancel).toHaveBeenCalledTimes(1);
  });

  it('tells what a check waits for', () => {
    show({ isRunning: true, job: exampleJob({ state: 'queued' }) });
    expect(screen.getByText('Waiting for other work to finish…')).toBeTruthy();
    show({ isConnected: false, isRunning: true, job: exampleJob() });
    expect(
      screen.getByText('The connection to the server is lost. Reconnecting…')
    ).toBeTruthy();
  });

  it('names the notebook of a result', () => {
    show({ job: succeeded, result: done });
    expect(screen.getByText(/^Checked on .*, a b.ipynb$/)).toBeTruthy();
  });

  it('lists problems, and goes to the cell', () => {
    const { onReveal } = show({ job: succeeded, result: done });
    expect(screen.getByRole('status').textContent).toBe(
      '✗ Cells that differ from the lesson: 2 of 4.'
    );
    expect(screen.getByText(/0\.505 instead of 0\.5 \(\+1 %\)/)).toBeTruthy();
    expect(screen.getByText('Stopped here: KeyError: 1')).toBeTruthy();
    expect(screen.getByText('Traceback')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'train' }));
    expect(onReveal).toHaveBeenCalledWith('train');
    expect(screen.queryByRole('button', { name: 'data' })).toBeNull();
  });

  it('lists what was found in the code', () => {
    const finding = {
      rule: 'shared_predictor',
      message: 'PW-S101 Line 3: …',
      cell: 'ask',
      line: 3,
      code: 'PW-S101'
    };
    const findings = [finding, { ...finding, rule: 'new', message: 'New.' }];
    const { onReveal } = show({
      job: succeeded,
      result: { ...done, findings }
    });
    const list = screen.getByRole('list', {
      name: 'Found in the code without running it'
    });
    expect(list.textContent).toContain(
      'Line 3: several threads may run one predictor at once. PW-S101'
    );
    expect(list.textContent).toContain('New.');
    for (const button of screen.getAllByRole('button', { name: 'ask' })) {
      fireEvent.click(button);
    }
    expect(onReveal).toHaveBeenCalledWith('ask');
  });

  it('distinguishes changed from compared cells', () => {
    show({ job: succeeded, result: done });
    expect(screen.getByText('Not compared: 1')).toBeTruthy();
    expect(
      screen.getByText('Changed by you: run but not compared')
    ).toBeTruthy();
  });

  it('says what cells were not held to', () => {
    const ignored = [
      { kind: 'duration' as const, count: 2 },
      { kind: 'date' as const, count: 1 }
    ];
    show({ job: succeeded, result: { ...done, cells: [cell({ ignored })] } });
    expect(screen.getByText('Compared except for noise: 1')).toBeTruthy();
    expect(screen.getByText('durations: 2, dates: 1')).toBeTruthy();
  });

  it('scrolls the rows of a table instead of wrapping them', () => {
    const table = difference({
      kind: 'structure',
      output: 'text/html',
      expected: 'day | sales\n1 | 2',
      found: 'day'
    });
    show({
      job: succeeded,
      result: {
        ...done,
        cells: [cell({ outcome: 'differs', differences: [table] })]
      }
    });
    const rows = screen.getByText(/day \| sales/);
    expect(rows.classList.contains('pw-mod-lines')).toBe(true);
    // Keys scroll it too.
    expect(rows.tabIndex).toBe(0);
    const line = screen.getByText('day');
    expect(line.classList.contains('pw-mod-lines')).toBe(false);
  });

  it('shows pictures side by side', () => {
    const picture = difference({
      kind: 'picture',
      likeness: 0.5,
      line: null,
      output: 'image/png',
      expected: '',
      found: '',
      expected_picture: 'data:image/png;base64,AA',
      found_picture: 'data:image/png;base64,BB',
      difference_picture: 'data:image/png;base64,CC'
    });
    show({
      job: succeeded,
      result: {
        ...done,
        cells: [cell({ outcome: 'differs', differences: [picture] })]
      }
    });
    expect(
      screen.getAllByRole('img').map(image => image.getAttribute('alt'))
    ).toEqual(['In the lesson', 'In your notebook', 'Where they differ']);
  });

  it('shows message, hint and Retry when it failed', () => {
    const { onCheck } = show({
      failure: { message: 'No kernel.', hint: 'Run the doctor.' },
      job: exampleJob({ state: 'failed' })
    });
    fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(onCheck).toHaveBeenCalledTimes(1);
  });
});

describe('sentences', () => {
  it.each([
    [difference({ deviation: null, found: 'nan' }), 'nan instead of 0.5'],
    [difference({ deviation: -0.123 }), '0.505 instead of 0.5 (-12 %)'],
    [
      difference({ kind: 'picture', likeness: 0.5 }),
      'Image similarity: 0.50 (1 means identical).'
    ],
    [
      difference({ kind: 'picture', likeness: null }),
      'The image has a different size.'
    ],
    [
      difference({ kind: 'missing' }),
      'The lesson shows this, but your notebook does not.'
    ]
  ])('say what differs (%#)', (input, text) => {
    expect(differenceText(input, trans)).toBe(text);
  });

  it.each([
    [difference(), 'Printed output, line 2'],
    [
      difference({ output: 'text/html', row: 3, column: 2 }),
      'Table, row 3, column 2'
    ],
    [
      difference({
        output: 'application/scrapbook.scrap.json+json',
        line: null,
        name: 'accuracy'
      }),
      'application/scrapbook.scrap.json+json, accuracy'
    ],
    [difference({ output: 'image/png', line: null }), 'Image']
  ])('say where (%#)', (input, text) => {
    expect(placeText(input, trans)).toBe(text);
  });
});
