import { FakeServer } from '../../__tests__/fake-server';
import { until } from '../../__tests__/until';
import { RunFormModel } from '../run-form-model';
import { RunsClient } from '../runs-client';
import { exampleParameter } from './example-run';

const PATH = 'lessons/text.ipynb';

describe('RunFormModel', () => {
  let server: FakeServer;
  let form: RunFormModel;

  const problem = (name: string): string | null | undefined =>
    form.fields.find(({ parameter }) => parameter.name === name)?.problem;
  const sent = (): unknown => server.requests.at(-1)?.body;

  beforeEach(async () => {
    server = new FakeServer();
    const { connection } = server;
    const anyNumber = { minimum: null, maximum: null };
    server.answer('POST runs/form', {
      body: {
        path: PATH,
        parameters: [
          exampleParameter(),
          exampleParameter({
            name: 'seed',
            type: 'int',
            default: 0,
            ...anyNumber
          }),
          exampleParameter({
            name: 'token',
            type: 'str',
            default: '',
            secret: true,
            ...anyNumber
          })
        ],
        kernel: 'paddle',
        kernels: ['paddle'],
        backends: ['local', 'ray'],
        address: '10.0.0.1:6379',
        records_metrics: true,
        expected_s: 30,
        hint: ''
      }
    });
    server.answer('POST runs', {
      body: { ids: ['a', 'b'], count: 2, group: 'g', warnings: [] }
    });
    form = new RunFormModel({
      client: new RunsClient(connection),
      content: () => ({ cells: [] }),
      trans: connection.trans
    });
    await form.choose(PATH);
  });

  afterEach(() => {
    form.dispose();
  });

  it('rejects wrong values at their field', () => {
    form.set('lr', 'fast');
    expect(problem('lr')).toBe('Enter a number.');
    form.set('lr', '0');
    expect(problem('lr')).toBe('Allowed: more than 0, at most 1.');
    form.set('seed', '1.5');
    expect(problem('seed')).toBe('Enter a whole number.');
    expect(form.count).toBeNull();
    form.reset('seed');
    form.set('lr', '1e-3');
    expect(form.count).toBe(1);
  });

  it('counts the runs of a sweep', () => {
    form.setSweep('lr', true);
    form.set('lr', '0.1, 0.01');
    form.setSweep('seed', true);
    form.set('seed', '1,2,3');
    expect(form.count).toBe(6);
    form.setOptions({ samples: '4' });
    expect(form.count).toBe(4);
    form.set('seed', '1,,2');
    expect(problem('seed')).toContain('missing');
  });

  it('sends what differs from the defaults, and forgets it', async () => {
    form.setSweep('seed', true);
    form.set('seed', '1,2');
    form.set('token', 'abc');
    const started = await form.start();
    expect(started?.ids).toEqual(['a', 'b']);
    expect(sent()).toMatchObject({
      path: PATH,
      content: { cells: [] },
      values: { token: 'abc' },
      sweep: { seed: '1,2' },
      only_count: false
    });
    expect(form.path).toBeNull();
    expect(JSON.stringify(form.fields)).not.toContain('abc');
  });

  it('asks for a cluster, and shows at its address that there is none', async () => {
    form.setOptions({ backend: 'ray', snapshots: true });
    expect(form.options.address).toBe('10.0.0.1:6379');
    form.setOptions({ address: 'anywhere' });
    expect(form.hasProblem).toBe(true);
    form.setOptions({ address: 'ray://10.0.0.2:10001' });
    expect(form.hasProblem).toBe(false);
    server.answer('POST runs', {
      status: 503,
      body: { message: 'There is no cluster.', hint: 'Start one.' }
    });
    await form.start();
    expect(sent()).toMatchObject({
      address: 'ray://10.0.0.2:10001',
      backend: 'ray',
      snapshots: false
    });
    expect(form.addressProblem).toBe('There is no cluster.');
    expect(form.failure).toBeNull();
    form.setOptions({ address: 'auto' });
    expect(form.addressProblem).toBeNull();
  });

  it('does not send secrets to have the values checked', async () => {
    server.answer('POST runs', {
      status: 422,
      body: { message: 'seed takes a small number.', hint: '' }
    });
    form.set('token', 'abc');
    form.set('seed', '7');
    await until(form, () => problem('seed') !== null);
    expect(sent()).toMatchObject({ values: { seed: '7' }, only_count: true });
    expect(JSON.stringify(sent())).not.toContain('abc');
    expect(problem('seed')).toBe('seed takes a small number.');
  });

  it('shows other failures under the form', async () => {
    const body = { message: 'The disk is full.', hint: 'Delete runs.' };
    server.answer('POST runs', { status: 507, body });
    expect(await form.start()).toBeNull();
    expect(form.failure).toEqual(body);
    expect(form.path).toBe(PATH);
  });
});
