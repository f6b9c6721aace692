import { Signal } from '@lumino/signaling';
import { until } from '../../__tests__/until';
import type { CheckedTarget } from '../target-checks';
import { TargetChecks } from '../target-checks';
import type { TargetModel } from '../target-model';

/** A target whose checks end when a test says so. */
class FakeTarget {
  constructor(
    readonly name: string,
    private readonly _log: string[]
  ) {}

  action: TargetModel['action'] = null;

  readonly changed = new Signal<this, void>(this);

  check(): Promise<void> {
    this._log.push(`check ${this.name}`);
    this.set('preflight');
    return Promise.resolve();
  }

  cancel(): Promise<void> {
    this._log.push(`cancel ${this.name}`);
    return Promise.resolve();
  }

  set(action: TargetModel['action']): void {
    this.action = action;
    this.changed.emit();
  }
}

describe('TargetChecks', () => {
  let log: string[];
  let checks: TargetChecks;
  let inference: FakeTarget;
  let onnx: FakeTarget;
  let targets: Map<string, CheckedTarget>;

  beforeEach(() => {
    log = [];
    checks = new TargetChecks();
    inference = new FakeTarget('inference', log);
    onnx = new FakeTarget('onnx', log);
    targets = new Map([inference, onnx].map(each => [each.name, asked(each)]));
  });

  afterEach(() => {
    checks.dispose();
  });

  it('checks one after the other, and says how far it is', async () => {
    const run = checks.run(targets);
    expect(checks.progress).toEqual({ done: 0, target: 'inference', total: 2 });
    await until(inference, () => inference.action === 'preflight');
    expect(log).toEqual(['check inference']);
    inference.set(null);
    await until(onnx, () => onnx.action === 'preflight');
    expect(checks.progress).toEqual({ done: 1, target: 'onnx', total: 2 });
    expect(log).toEqual(['check inference', 'check onnx']);
    onnx.set(null);
    await run;
    expect(checks.progress).toBeNull();
  });

  it('waits for an export that goes on, and does not cancel it', async () => {
    inference.set('export');
    const run = checks.run(targets);
    expect(log).toEqual([]);
    await checks.cancel();
    await run;
    expect(log).toEqual([]);
    const again = checks.run(targets);
    inference.set(null);
    await until(inference, () => inference.action === 'preflight');
    await checks.cancel();
    await again;
    expect(log).toEqual(['check inference', 'cancel inference']);
  });

  it('cancels the check that goes on, and starts no other one', async () => {
    const run = checks.run(targets);
    await until(inference, () => inference.action === 'preflight');
    await checks.cancel();
    await run;
    expect(checks.progress).toBeNull();
    inference.set(null);
    expect(log).toEqual(['check inference', 'cancel inference']);
  });

  it('cancels a check that was not started yet once it is', async () => {
    let start = (): void => undefined;
    inference.check = () =>
      new Promise(resolve => {
        start = resolve;
      });
    const run = checks.run(targets);
    await Promise.resolve();
    await Promise.resolve();
    await checks.cancel();
    expect(log).toEqual([]);
    start();
    await run;
    expect(log).toEqual(['cancel inference']);
  });

  it('does nothing while it runs, or once it is disposed', async () => {
    const run = checks.run(targets);
    await checks.run(targets);
    await until(inference, () => inference.action === 'preflight');
    checks.dispose();
    await run;
    await checks.run(targets);
    expect(log).toEqual(['check inference']);
  });
});

function asked(target: FakeTarget): CheckedTarget {
  return target as unknown as CheckedTarget;
}
