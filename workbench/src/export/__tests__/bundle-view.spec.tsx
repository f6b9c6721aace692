import { nullTranslator } from '@jupyterlab/translation';
import {
  cleanup,
  fireEvent,
  render,
  screen,
  within
} from '@testing-library/react';
import * as React from 'react';
import type { ExportFinding, Job } from '../../contract';
import { exampleJob } from '../../__tests__/fake-server';
import type { IBundleViewProps } from '../bundle-view';
import { BundleView } from '../bundle-view';
import type { TargetOfView } from '../target-view';
import { examplePicture, exampleReport } from './example-bundle';

const trans = nullTranslator.load('paddle_workbench');

const finding: ExportFinding = {
  code: 'PW-X201',
  severity: 'error',
  message: 'Paddle2ONNX writes an invalid file for a SimpleRNN.',
  hint: 'Use nn.GRU or nn.LSTM.',
  op: 'rnn',
  line: { file: '/home/ann/net.py', line: 12 }
};

function targetModel(changes: Partial<TargetOfView> = {}): TargetOfView {
  return {
    action: null,
    failure: null,
    job: null,
    reportOn: () => null,
    check: jest.fn().mockResolvedValue(undefined),
    export: jest.fn().mockResolvedValue(undefined),
    cancel: jest.fn().mockResolvedValue(undefined),
    ...changes
  };
}

function show(changes: Partial<IBundleViewProps> = {}): IBundleViewProps {
  const props: IBundleViewProps = {
    checks: null,
    failure: null,
    isLoading: false,
    language: 'en',
    onCancelAll: jest.fn(),
    onCheckAll: jest.fn(),
    onCompare: jest.fn(),
    onOpenLine: jest.fn(),
    onReload: jest.fn(),
    picture: examplePicture(),
    targets: new Map([['onnx', targetModel()]]),
    trans,
    ...changes
  };
  render(<BundleView {...props} />);
  return props;
}

function onnx(): HTMLElement {
  return screen.getByRole('listitem', { name: 'ONNX' });
}

describe('BundleView', () => {
  it('shows what the record says', () => {
    show();
    expect(
      screen.getByText(/Every file is unchanged: 2 files, 2 kB/)
    ).toBeTruthy();
    const facts = screen.getByRole('region', { name: 'About this bundle' });
    expect(facts.textContent).toContain('ids int64 (?, 64)');
    expect(facts.textContent).toContain('vocabulary="vocabulary.json"');
    expect(facts.textContent).toContain('accuracy 0.8612');
    expect(facts.textContent).toContain('Apache-2.0');
    const inference = screen.getByRole('listitem', {
      name: 'Paddle Inference'
    });
    expect(inference.textContent).toContain('Exported');
    expect(inference.textContent).toContain(
      'Decisions that changed: 1 of 10. Raw examples with the same result: 3.'
    );
  });

  it('says what is not as usual about a target', () => {
    const picture = examplePicture();
    const [inference] = picture.targets;
    const exported = inference?.exported;
    if (!inference || !exported) {
      throw new Error('The example is exported to Paddle Inference.');
    }
    const mnn = {
      ...inference,
      exported: {
        ...exported,
        weights: 'int8' as const,
        without_passes: ['inplace_pass'],
        parity: {
          ...exported.parity,
          tolerance: null,
          reference: 'predictor' as const,
          is_held_out: true
        }
      }
    };
    show({ picture: { ...picture, targets: [mnn] } });
    const text = screen.getByRole('listitem', {
      name: 'Paddle Inference'
    }).textContent;
    expect(text).toContain(
      'Equal to the Predictor on 5 samples. ' +
        'Largest difference: 2e-7 (only decisions count). ' +
        'Decisions on the held-out set that changed: 1 of 10.'
    );
    expect(text).toContain('Weights: int8. Without the passes inplace_pass.');
  });

  it('offers an export only after an accepted check', () => {
    const unchecked = targetModel();
    show({ targets: new Map([['onnx', unchecked]]) });
    expect(
      within(onnx()).queryByRole('button', { name: /^Export/ })
    ).toBeNull();
    fireEvent.click(within(onnx()).getByRole('button', { name: 'Check ONNX' }));
    expect(unchecked.check).toHaveBeenCalledTimes(1);
  });

  it('checks all targets, shows how far that is, and cancels it', () => {
    const { onCheckAll } = show();
    fireEvent.click(screen.getByRole('button', { name: 'Check all' }));
    expect(onCheckAll).toHaveBeenCalledTimes(1);
    cleanup();
    const { onCancelAll } = show({
      checks: { done: 1, target: 'onnx', total: 2 }
    });
    expect(screen.queryByRole('button', { name: 'Check all' })).toBeNull();
    expect(screen.getByText('Checking 2 of 2: ONNX')).toBeTruthy();
    const bar = screen.getByRole('progressbar', {
      name: 'Progress of all checks'
    });
    expect(bar.getAttribute('value')).toBe('1');
    fireEvent.click(screen.getByRole('button', { name: 'Cancel all' }));
    expect(onCancelAll).toHaveBeenCalledTimes(1);
  });

  it('exports what was accepted', () => {
    const accepted = targetModel({ reportOn: () => exampleReport() });
    show({ targets: new Map([['onnx', accepted]]) });
    expect(onnx().textContent).toContain('Accepted, not exported yet');
    fireEvent.click(
      within(onnx()).getByRole('button', { name: 'Export ONNX' })
    );
    expect(accepted.export).toHaveBeenCalledTimes(1);
  });

  it('shows each finding with code, line and repair', () => {
    const report = exampleReport({
      is_accepted: false,
      findings: [
        finding,
        { ...finding, code: 'PW-X104', severity: 'warning', line: null }
      ],
      parity: null,
      sources: { '/home/ann/net.py': 'net.py' }
    });
    const { onOpenLine } = show({
      targets: new Map([['onnx', targetModel({ reportOn: () => report })]])
    });
    const list = within(onnx()).getByRole('list', { name: 'Findings' });
    const [first, second] = within(list).getAllByRole('listitem');
    expect(first?.textContent).toContain('ErrorPW-X201');
    expect(first?.textContent).toContain('Repair Use nn.GRU or nn.LSTM.');
    expect(second?.textContent).toContain('WarningPW-X104');
    fireEvent.click(
      within(list).getByRole('button', { name: 'net.py, line 12' })
    );
    expect(onOpenLine).toHaveBeenCalledWith('net.py', 12);
    expect(onnx().textContent).toContain('Not accepted');
  });

  it('shows how far an export is, and cancels it', () => {
    const step = { zh: '载入', en: 'Loading them' };
    const job: Job = exampleJob({ progress: { done: 1, total: 8, step } });
    const running = targetModel({ action: 'export', job });
    show({ targets: new Map([['onnx', running]]) });
    expect(screen.getByRole('progressbar').getAttribute('value')).toBe('1');
    expect(screen.getByText('1 of 8: Loading them')).toBeTruthy();
    fireEvent.click(within(onnx()).getByRole('button', { name: 'Cancel' }));
    expect(running.cancel).toHaveBeenCalledTimes(1);
  });

  it('neither checks nor exports a changed bundle', () => {
    show({
      picture: examplePicture({
        problem: {
          message: 'vocabulary.json was changed.',
          hint: 'Get it again.'
        }
      }),
      targets: new Map([
        ['onnx', targetModel({ reportOn: () => exampleReport() })]
      ])
    });
    expect(screen.getByRole('alert').textContent).toContain('vocabulary.json');
    const all = screen.getByRole('button', { name: 'Check all' });
    for (const button of [all, ...within(onnx()).getAllByRole('button')]) {
      expect(button.hasAttribute('disabled')).toBe(true);
    }
  });

  it('does not export a zip file, and says why', () => {
    show({
      picture: examplePicture({ is_packed: true }),
      targets: new Map([
        ['onnx', targetModel({ reportOn: () => exampleReport() })]
      ])
    });
    expect(screen.getByText(/Unpack it to export/)).toBeTruthy();
    expect(
      within(onnx()).queryByRole('button', { name: /^Export/ })
    ).toBeNull();
  });

  it('compares two programs, and not one with itself', () => {
    const [inference, target] = examplePicture().targets;
    const { onCompare } = show({
      picture: examplePicture({
        targets: [inference, { ...target, program: 'onnx/model.onnx' }].filter(
          each => each !== undefined
        ) as ReturnType<typeof examplePicture>['targets']
      })
    });
    const compare = screen.getByRole('button', { name: 'Compare' });
    fireEvent.click(compare);
    expect(onCompare).toHaveBeenCalledWith(
      'bundles/sentiment/inference/inference.json',
      'bundles/sentiment/onnx/model.onnx'
    );
    fireEvent.change(screen.getByLabelText('Program on the right'), {
      target: { value: 'bundles/sentiment/inference/inference.json' }
    });
    expect(compare.hasAttribute('disabled')).toBe(true);
  });

  it('has nothing to compare with one program', () => {
    show();
    expect(screen.queryByRole('button', { name: 'Compare' })).toBeNull();
  });

  it('shows why there is no bundle, and tries again', () => {
    const { onReload } = show({
      failure: { message: 'It is not a bundle.', hint: 'Look.' },
      picture: null
    });
    const alert = screen.getByRole('alert');
    fireEvent.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(onReload).toHaveBeenCalledTimes(1);
  });
});
