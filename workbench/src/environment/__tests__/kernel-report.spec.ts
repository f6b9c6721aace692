import { nullTranslator } from '@jupyterlab/translation';
import { describeKernel, parseKernelReport } from '../kernel-report';

const trans = nullTranslator.load('paddle_workbench');

describe('parseKernelReport', () => {
  it('reads the repr of a JSON string', () => {
    const answer = {
      status: 'ok',
      data: {
        'text/plain': `'{"paddle": "3.2.2", "device": "gpu:0", "python": "it\\'s \\\\"3\\\\"", "warm": true}'`
      }
    };
    expect(parseKernelReport(answer)).toEqual({
      paddle: '3.2.2',
      device: 'gpu:0',
      python: 'it\'s "3"',
      warm: true
    });
  });

  it('is null if the kernel has no workbench', () => {
    expect(
      parseKernelReport({ status: 'error', ename: 'ModuleNotFoundError' })
    ).toBeNull();
    expect(parseKernelReport(undefined)).toBeNull();
  });

  it('is null if the answer is not JSON', () => {
    expect(
      parseKernelReport({ status: 'ok', data: { 'text/plain': "'<x>'" } })
    ).toBeNull();
  });
});

describe('describeKernel', () => {
  it.each([
    [
      { paddle: '3.2.2', device: 'cpu', warm: true },
      'Paddle 3.2.2 · CPU · warm'
    ],
    [
      { paddle: '3.2.2', device: 'gpu:0', warm: false },
      'Paddle 3.2.2 · GPU 0 · cold'
    ],
    [
      { paddle: '3.2.2', device: null, warm: true },
      'Paddle 3.2.2 · not imported yet · warm'
    ],
    [{ paddle: null, device: null, warm: false }, 'No Paddle']
  ])('says of %j: %s', (report, text) => {
    expect(describeKernel({ python: '3.11.7', ...report }, trans)).toBe(text);
  });
});
