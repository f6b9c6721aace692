import { nullTranslator } from '@jupyterlab/translation';
import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';
import { FakeServer } from '../../__tests__/fake-server';
import type { DoctorReport } from '../../contract';
import { DoctorModel } from '../doctor-model';
import type { IDoctorViewProps } from '../doctor-view';
import { DoctorView } from '../doctor-view';

const trans = nullTranslator.load('paddle_workbench');

const report: DoctorReport = {
  findings: [
    {
      check: 'python',
      title: { zh: 'Python 版本', en: 'Python' },
      state: 'ok',
      detail: '3.11.7',
      repair: ''
    },
    {
      check: 'fonts',
      title: { zh: '字体', en: 'Fonts' },
      state: 'warning',
      detail: 'No Chinese font.',
      repair: 'mplfonts init'
    },
    {
      check: 'onednn',
      title: { zh: 'oneDNN 自检', en: 'oneDNN' },
      state: 'broken',
      detail: 'Wrong results.',
      repair: 'export FLAGS_use_mkldnn=0'
    }
  ],
  summary: { zh: '3 项检查。', en: '3 checks, 1 broken.' },
  created_at: '2026-01-01T00:00:00Z'
};

describe('DoctorModel', () => {
  it('runs once at a time, and keeps the report', async () => {
    const server = new FakeServer();
    server.answer('GET environment/doctor', { body: report });
    const model = new DoctorModel(server.connection);
    expect(model.elapsed_s).toBeNull();
    const runs = [model.run(), model.run()];
    expect(model.elapsed_s).toBe(0);
    await Promise.all(runs);
    expect(server.requests).toHaveLength(1);
    expect(model.report).toEqual(report);
    expect(model.elapsed_s).toBeNull();
    model.dispose();
  });

  it('keeps the last report when a later run fails', async () => {
    const server = new FakeServer();
    server.answer('GET environment/doctor', { body: report });
    const model = new DoctorModel(server.connection);
    await model.run();
    server.answer('GET environment/doctor', {
      status: 500,
      body: { message: 'The doctor failed.', hint: 'Run it in a terminal.' }
    });
    await model.run();
    expect(model.failure?.message).toBe('The doctor failed.');
    expect(model.report).toEqual(report);
    model.dispose();
  });
});

describe('DoctorView', () => {
  function show(changes: Partial<IDoctorViewProps> = {}): IDoctorViewProps {
    const props: IDoctorViewProps = {
      elapsed_s: null,
      failure: null,
      language: 'en',
      onCopy: jest.fn(),
      onRun: jest.fn(),
      report,
      trans,
      ...changes
    };
    render(<DoctorView {...props} />);
    return props;
  }

  it('shows the broken first, each state as a word', () => {
    show();
    const rows = screen.getAllByRole('row').slice(1);
    expect(rows.map(row => row.textContent.slice(0, 7))).toEqual([
      '✗Broken',
      '!Warnin',
      '✓OKPyth'
    ]);
  });

  it('shows the current step, and for how long', () => {
    show({ elapsed_s: 7, report: null });
    expect(screen.getByRole('progressbar')).toBeTruthy();
    expect(screen.getByText('7 s')).toBeTruthy();
    const run = screen.getByRole('button', { name: 'Run' });
    expect(run.hasAttribute('disabled')).toBe(true);
  });

  it('shows message, hint and Retry when it failed', () => {
    const { onRun } = show({
      failure: { message: 'The doctor failed.', hint: 'Look.' },
      report: null
    });
    const alert = screen.getByRole('alert');
    fireEvent.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(onRun).toHaveBeenCalledTimes(1);
  });

  it('copies one repair', () => {
    const { onCopy } = show();
    const row = screen.getByRole('row', { name: /oneDNN/ });
    fireEvent.click(within(row).getByRole('button', { name: 'Copy' }));
    expect(onCopy).toHaveBeenCalledWith('export FLAGS_use_mkldnn=0');
    expect(screen.getByText('Copied.')).toBeTruthy();
  });

  it('copies the whole report as text, the broken first', () => {
    const { onCopy } = show();
    fireEvent.click(screen.getByRole('button', { name: 'Copy report' }));
    expect(onCopy).toHaveBeenCalledWith(
      [
        '3 checks, 1 broken.',
        '[Broken] oneDNN: Wrong results.',
        '    export FLAGS_use_mkldnn=0',
        '[Warning] Fonts: No Chinese font.',
        '    mplfonts init',
        '[OK] Python: 3.11.7'
      ].join('\n')
    );
  });
});
