import { nullTranslator } from '@jupyterlab/translation';
import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';
import { exampleJob, FakeServer } from '../../__tests__/fake-server';
import { until } from '../../__tests__/until';
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
      code: '',
      detail: '3.11.7',
      repair: ''
    },
    {
      check: 'fonts',
      title: { zh: '字体', en: 'Fonts' },
      state: 'warning',
      code: 'PW-D206',
      detail: 'No Chinese font.',
      repair: 'mplfonts init'
    },
    {
      check: 'onednn',
      title: { zh: 'oneDNN 自检', en: 'oneDNN' },
      state: 'broken',
      code: 'PW-D204',
      detail: 'Wrong results.',
      repair: 'export FLAGS_use_mkldnn=0'
    }
  ],
  summary: { zh: '3 项检查。', en: '3 checks, 1 broken.' },
  created_at: '2026-01-01T00:00:00Z'
};

describe('DoctorModel', () => {
  it('runs once at a time, and keeps the last report', async () => {
    const server = new FakeServer();
    const job = exampleJob({ kind: 'doctor', subject: '' });
    server.answer('POST environment/doctor', { body: job });
    server.answer('GET jobs/result', { body: report });
    const jobs = server.connectedJobs();
    const model = new DoctorModel({ jobs, trans });
    await Promise.all([model.run(), model.run()]);
    expect(server.requests).toHaveLength(1);
    server.emit({ job: { ...job, state: 'succeeded' } });
    await until(model, () => !model.isRunning);
    expect(model.result).toEqual(report);
    server.answer('POST environment/doctor', {
      status: 500,
      body: { message: 'The disk is full.', hint: 'Free some space.' }
    });
    await model.run();
    expect(model.failure?.message).toBe('The disk is full.');
    expect(model.result).toEqual(report);
    model.dispose();
    jobs.dispose();
  });
});

describe('DoctorView', () => {
  function show(changes: Partial<IDoctorViewProps> = {}): IDoctorViewProps {
    const props: IDoctorViewProps = {
      failure: null,
      isRunning: false,
      language: 'en',
      onCopy: jest.fn(),
      onRun: jest.fn(),
      progress: null,
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

  it('shows how far it is', () => {
    const step = { zh: '导入', en: 'Imports' };
    show({
      isRunning: true,
      progress: { done: 7, total: 17, step },
      report: null
    });
    expect(screen.getByRole('progressbar').getAttribute('value')).toBe('7');
    expect(screen.getByText('7 of 17: Imports')).toBeTruthy();
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

  it('links a code to its page on the server', () => {
    const config = document.createElement('script');
    config.id = 'jupyter-config-data';
    config.type = 'application/json';
    config.textContent = '{"baseUrl": "/user/ada/"}';
    document.body.append(config);
    show();
    config.remove();
    const link = screen.getByRole('link', { name: 'PW-D204' });
    expect(link.getAttribute('href')).toBe(
      '/user/ada/paddle-workbench/explain?code=PW-D204&lang=en'
    );
    expect(screen.getAllByRole('link')).toHaveLength(2);
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
        '[Broken] PW-D204 oneDNN: Wrong results.',
        '    export FLAGS_use_mkldnn=0',
        '[Warning] PW-D206 Fonts: No Chinese font.',
        '    mplfonts init',
        '[OK] Python: 3.11.7'
      ].join('\n')
    );
  });
});
