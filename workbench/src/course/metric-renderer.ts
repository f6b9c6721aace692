import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { formatMetric, METRIC_MIME_TYPE, parseMetric } from './metric';

/**
 * Shows a recorded metric in one line.
 */
export class MetricRenderer extends Widget implements IRenderMime.IRenderer {
  constructor() {
    super();
    this.addClass('pw-Metric');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const metric = parseMetric(model.data[METRIC_MIME_TYPE]);
    this.node.textContent = metric
      ? `${metric.name} = ${formatMetric(metric.value)}`
      : JSON.stringify(model.data[METRIC_MIME_TYPE]);
    if (metric) {
      this.node.title = String(metric.value);
    }
    return Promise.resolve();
  }
}
