import { MimeModel } from '@jupyterlab/rendermime';
import { formatMetric, METRIC_MIME_TYPE, parseMetric } from '../metric';
import { MetricRenderer } from '../metric-renderer';

describe('parseMetric', () => {
  it('accepts numbers, strings and booleans', () => {
    expect(parseMetric({ name: 'accuracy', data: 0.5 })).toEqual({
      name: 'accuracy',
      value: 0.5
    });
    expect(parseMetric({ name: 'passed', data: false })?.value).toBe(false);
  });

  it('rejects non-metrics', () => {
    expect(parseMetric({ name: 'plot', data: { x: 1 } })).toBeNull();
    expect(parseMetric('accuracy')).toBeNull();
    expect(parseMetric(undefined)).toBeNull();
  });
});

describe('formatMetric', () => {
  it.each([
    [0.853421, '0.8534'],
    [128514, '128514'],
    [0.00000123456, '0.000001235'],
    ['zh', 'zh'],
    [true, 'true']
  ])('writes %p as %s', (value, text) => {
    expect(formatMetric(value)).toBe(text);
  });
});

describe('MetricRenderer', () => {
  it('shows one line, as text', async () => {
    const renderer = new MetricRenderer();
    await renderer.renderModel(
      new MimeModel({
        data: { [METRIC_MIME_TYPE]: { name: '<b>a</b>', data: 0.25 } }
      })
    );
    expect(renderer.node.textContent).toBe('<b>a</b> = 0.25');
    renderer.dispose();
  });
});
