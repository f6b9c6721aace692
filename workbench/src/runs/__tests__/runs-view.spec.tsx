import { nullTranslator } from '@jupyterlab/translation';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';
import type { RunStatus } from '../../contract';
import type { IRunsCallbacks, IRunsViewProps } from '../runs-view';
import { RunsView } from '../runs-view';
import { exampleRun, runningRun } from './example-run';

const trans = nullTranslator.load('paddle_workbench');

type Callbacks = Record<keyof IRunsCallbacks, jest.Mock>;

function show(
  runs: RunStatus[],
  changes: Partial<IRunsViewProps> = {}
): Callbacks {
  const on: Callbacks = {
    cancel: jest.fn(),
    close: jest.fn(),
    compare: jest.fn(),
    create: jest.fn(),
    delete: jest.fn(),
    deselect: jest.fn(),
    dismissDeleted: jest.fn(),
    openGroup: jest.fn(),
    openNotebook: jest.fn(),
    openReport: jest.fn(),
    reload: jest.fn(),
    rerun: jest.fn(),
    restore: jest.fn(),
    resume: jest.fn(),
    resumeForm: jest.fn(),
    show: jest.fn(),
    showOutputs: jest.fn(),
    toggle: jest.fn()
  };
  render(
    <RunsView
      canShowOutputs={() => false}
      cancelling={new Set()}
      checked={new Set()}
      deleted={[]}
      failure={null}
      isConnected={true}
      isLoaded={true}
      on={on}
      problems={[]}
      runs={runs}
      shown={null}
      trans={trans}
      {...changes}
    />
  );
  return on;
}

const rows = (): HTMLElement[] => screen.getAllByRole('row');
const keys = (): (string | undefined)[] => rows().map(row => row.dataset.key);
const press = (key: string): void => {
  fireEvent.keyDown(screen.getByRole('treegrid'), { key });
};

afterEach(cleanup);

describe('RunsView', () => {
  it('says how to start while there are no runs', () => {
    const on = show([]);
    expect(screen.getByText(/No runs yet/)).toBeTruthy();
    for (const button of screen.getAllByRole('button', { name: 'New run' })) {
      fireEvent.click(button);
    }
    expect(on.create).toHaveBeenCalledTimes(2);
  });

  it('shows that it is loading, and why it failed', () => {
    show([], { isLoaded: false });
    expect(screen.getByText('Loading the runs…')).toBeTruthy();
    cleanup();
    const failure = { message: 'No home.', hint: 'Make one.' };
    const on = show([], { failure, isLoaded: false });
    fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(on.reload).toHaveBeenCalledTimes(1);
  });

  it('shows how far a run is', () => {
    const on = show([exampleRun(), runningRun()]);
    const text = rows()[0]?.textContent;
    expect(text).toContain('cell 7/25');
    expect(text).toMatch(/0:2\d, about 40 s left/);
    expect(text).toContain('epoch 2');
    expect(text).toContain('512 MB');
    expect(screen.getByRole('img').getAttribute('aria-label')).toContain(
      'loss over time: from 0.9 to 0.5'
    );
    fireEvent.click(screen.getByRole('button', { name: 'Stop' }));
    expect(on.cancel).toHaveBeenCalledWith(['live']);
  });

  it('names the cell and the error of a failure', () => {
    const error = { message: 'ValueError: NaN in loss', hint: '' };
    show([exampleRun({ state: 'failed', error, failed_cell: 'train' })]);
    expect(rows()[0]?.textContent).toContain('Cell “train”: ValueError: NaN');
  });

  it('shows first what tells runs apart', () => {
    const parameters = { epochs: 3, lr: 0.1, optimizer: 'adam' };
    const given = ['epochs', 'optimizer', 'lr'];
    show([
      exampleRun({ id: 'a', given, parameters }),
      exampleRun({ id: 'b', given, parameters: { ...parameters, lr: 0.2 } })
    ]);
    expect(rows().map(row => row.textContent)).toEqual([
      expect.stringContaining('lr=0.1 epochs=3 optimizer=adam'),
      expect.stringContaining('lr=0.2 epochs=3 optimizer=adam')
    ]);
  });

  it('resumes a failed run at a chosen cell, and says which run it continues', async () => {
    const error = { message: 'NaN (in cell `train`)', hint: '' };
    const failed = exampleRun({ state: 'failed', error, failed_cell: 'train' });
    const on = show([failed], { shown: 'r1' });
    const points = ['load', 'train'].map(cell => ({ cell, code: 'x = 1' }));
    on.resumeForm.mockResolvedValue({ cell: 'train', reason: '', points });
    fireEvent.click(screen.getByRole('button', { name: 'Resume…' }));
    const cell = await screen.findByLabelText('Continue at the cell');
    expect((cell as HTMLSelectElement).value).toBe('train');
    fireEvent.change(cell, { target: { value: 'load' } });
    fireEvent.click(screen.getByRole('button', { name: 'Resume' }));
    expect(on.resume).toHaveBeenCalledWith('r1', 'load');
    expect(screen.queryByRole('group', { name: 'Resume' })).toBeNull();
    press('u');
    expect(on.resume).toHaveBeenLastCalledWith('r1', null);
    cleanup();

    const from = {
      run: 'r1',
      cell: 'load',
      state: 'start',
      reason: 'why'
    } as const;
    const other = show([exampleRun({ id: 'r2', resumed_from: from })], {
      shown: 'r2'
    });
    expect(screen.queryByRole('button', { name: 'Resume…' })).toBeNull();
    expect(screen.getByText(/Resumed from the start: why/)).toBeTruthy();
    fireEvent.click(
      screen.getByRole('button', { name: 'Show the earlier run' })
    );
    expect(other.show).toHaveBeenCalledWith('r1');
  });

  it('folds a sweep into a row with mean and spread', () => {
    const group = { id: 'g', axes: ['seed'], size: 3 };
    show(
      [0.8, 0.9, 1].map((accuracy, seed) =>
        exampleRun({
          id: `s${seed}`,
          group,
          parameters: { seed },
          metrics: { accuracy }
        })
      )
    );
    expect(keys()).toEqual(['group:g']);
    expect(rows()[0]?.textContent).toContain('accuracy 0.9 ± 0.1');
    press('ArrowRight');
    expect(keys()).toEqual(['group:g', 's0', 's1', 's2']);
    expect(rows()[0]?.getAttribute('aria-expanded')).toBe('true');
  });

  it('does by keys what a pointer can do', () => {
    const runs = [exampleRun({ id: 'a' }), exampleRun({ id: 'b' })];
    const on = show(runs, { checked: new Set(['a', 'b']) });
    for (const key of ['Enter', ' ', 'c', 'r', 'Delete']) {
      press(key);
    }
    expect(on.show).toHaveBeenCalledTimes(1);
    expect(on.toggle).toHaveBeenCalledTimes(1);
    expect(on.compare).toHaveBeenCalledWith(['a', 'b']);
    expect(on.rerun).toHaveBeenCalledWith(['a', 'b']);
    expect(on.delete).toHaveBeenCalledWith(['a', 'b']);
    press('/');
    expect(document.activeElement).toBe(screen.getByRole('searchbox'));
  });

  it('filters by parameters and sorts by a metric', () => {
    show([
      exampleRun({ id: 'a', metrics: { accuracy: 0.5 } }),
      exampleRun({
        id: 'b',
        created_at: '2026-11-30T09:00:00Z',
        parameters: { lr: 0.5 },
        metrics: { accuracy: 0.9 }
      })
    ]);
    expect(keys()).toEqual(['a', 'b']);
    fireEvent.change(screen.getByLabelText('Sort by'), {
      target: { value: 'metric:accuracy' }
    });
    expect(keys()).toEqual(['b', 'a']);
    fireEvent.change(screen.getByRole('searchbox'), {
      target: { value: 'lr=0.5' }
    });
    expect(keys()).toEqual(['b']);
  });

  it('draws only the visible ones of many runs', () => {
    show(
      Array.from({ length: 1000 }, (_, index) =>
        exampleRun({ id: `r${index}` })
      )
    );
    const grid = screen.getByRole('treegrid');
    expect(grid.getAttribute('aria-rowcount')).toBe('1000');
    expect(rows().length).toBeLessThan(60);
  });

  it('offers to undo a deletion', () => {
    const on = show([exampleRun()], { deleted: ['x', 'y'] });
    expect(screen.getByText('2 runs deleted')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Undo' }));
    expect(on.restore).toHaveBeenCalledTimes(1);
  });

  it('shows details with actions', () => {
    const on = show([exampleRun()], {
      canShowOutputs: () => true,
      shown: 'r1'
    });
    const details = screen.getByRole('region', { name: 'Details of lr=0.1' });
    expect(details.textContent).toContain('3 (default)');
    for (const name of [
      'Open notebook',
      'Repeat',
      'Show outputs in the notebook'
    ]) {
      fireEvent.click(screen.getByRole('button', { name }));
    }
    expect(on.openNotebook).toHaveBeenCalledWith('r1');
    expect(on.rerun).toHaveBeenCalledWith(['r1']);
    expect(on.showOutputs).toHaveBeenCalledWith('r1');
  });
});
