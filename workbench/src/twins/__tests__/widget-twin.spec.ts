import {
  RenderMimeRegistry,
  standardRendererFactories
} from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { nullTranslator } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';
import { BUNDLE_MIME_TYPE } from '../tokens';
import { WIDGET_MIME_TYPE, WidgetTwin } from '../widget-twin';

const ERROR = 'Error displaying widget: model not found';

/** Does what the renderer of ipywidgets does; `kernelHas` is whether it finds the widget. */
class Renderer extends Panel implements IRenderMime.IRenderer {
  kernelHas = false;
  tries = 0;

  renderModel(): Promise<void> {
    this.tries++;
    if (this.kernelHas) {
      this.node.textContent = '';
      this.addWidget(new Widget());
    } else {
      this.node.textContent = ERROR;
      this.addClass('jupyter-widgets');
    }
    return Promise.resolve();
  }
}

/** Stands for a page of a bundle. */
class Page extends Panel implements IRenderMime.IRenderer {
  renderModel(): Promise<void> {
    this.node.textContent = 'the page';
    return Promise.resolve();
  }
}

describe('the static version of a widget', () => {
  const rendermime = new RenderMimeRegistry({
    initialFactories: standardRendererFactories
  });
  rendermime.addFactory({
    safe: true,
    mimeTypes: [BUNDLE_MIME_TYPE],
    createRenderer: () => new Page()
  });
  let renderer: Renderer;
  let row: Panel;
  let hasKernel: boolean;

  const twinOf = (data: Record<string, object | string>): WidgetTwin =>
    new WidgetTwin({
      hasKernel: () => hasKernel,
      model: rendermime.createModel({
        data: { [WIDGET_MIME_TYPE]: {}, ...data }
      }),
      renderer,
      rendermime,
      trans: nullTranslator.load('paddle_workbench')
    });
  const note = (): string =>
    row.node.querySelector('.pw-WidgetTwin-note')?.textContent ?? '';

  beforeEach(() => {
    jest.useFakeTimers();
    hasKernel = true;
    renderer = new Renderer();
    row = new Panel();
    row.addWidget(renderer);
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('appears where the kernel does not have the widget, after a second look', () => {
    const twin = twinOf({ 'text/html': '<p>3</p>' });
    void renderer.renderModel();
    twin.update();
    expect(renderer.tries).toBe(2);
    expect(note()).toMatch(/^The widget is loading/);
    twin.update();
    expect(renderer.tries).toBe(2);
    expect(note()).toMatch(/run the cells up to this one\.$/);
    expect(renderer.hasClass('pw-mod-absent')).toBe(true);
  });

  it('does not stay if the second look finds the widget', () => {
    const twin = twinOf({ 'text/html': '<p>3</p>' });
    void renderer.renderModel();
    renderer.kernelHas = true;
    twin.update();
    twin.update();
    expect(row.widgets).toEqual([renderer]);
    expect(renderer.hasClass('pw-mod-absent')).toBe(false);
  });

  it('appears for a widget that takes long to load, and not for others', () => {
    const twin = twinOf({ 'text/html': '<p>3</p>' });
    renderer.node.textContent = 'Loading widget...';
    twin.update();
    expect(row.widgets).toHaveLength(1);
    jest.runAllTimers();
    expect(note()).toMatch(/^The widget is loading/);
    renderer.kernelHas = true;
    void renderer.renderModel();
    twin.update();
    expect(row.widgets).toEqual([renderer]);
  });

  it('says how to use the widget where there is no kernel', () => {
    hasKernel = false;
    twinOf({ 'text/html': '<p>3</p>' }).update();
    expect(note()).toMatch(/run the cells up to this one\.$/);
  });

  it('leaves alone widgets without one, and closed ones', () => {
    const twin = twinOf({ 'text/plain': 'IntSlider()' });
    void renderer.renderModel();
    twin.update();
    twin.update();
    expect(row.widgets).toEqual([renderer]);
    expect(renderer.node.textContent).toBe(ERROR);
    expect(renderer.hasClass('pw-mod-absent')).toBe(false);
    renderer.hide();
    const closed = twinOf({ 'text/html': '<p>3</p>' });
    closed.update();
    expect(row.widgets).toEqual([renderer]);
  });

  describe('with a bundle', () => {
    const data = { 'text/html': '<p>3</p>', [BUNDLE_MIME_TYPE]: {} };

    beforeEach(() => {
      renderer.kernelHas = true;
      void renderer.renderModel();
    });

    it('is its page, which takes the place of a widget whose kernel is gone', () => {
      const twin = twinOf(data);
      twin.update();
      expect(row.widgets).toEqual([renderer]);
      twin.onKernelGone();
      twin.update();
      expect(row.node.textContent).toContain('the page');
      expect(note()).toMatch(/Your browser runs its network instead\.$/);
      expect(row.widgets).toHaveLength(2);
      expect(renderer.hasClass('pw-mod-absent')).toBe(true);
      // Another widget, of a kernel that runs.
      renderer.widgets[0]?.dispose();
      void renderer.renderModel();
      twin.update();
      expect(row.widgets).toEqual([renderer]);
    });

    it('comes as soon as there is no kernel, and stays with another one', () => {
      const twin = twinOf(data);
      hasKernel = false;
      twin.update();
      expect(row.node.textContent).toContain('the page');
      hasKernel = true;
      twin.update();
      expect(row.node.textContent).toContain('the page');
    });

    it('leaves other widgets as they are', () => {
      const twin = twinOf({ 'text/html': '<p>3</p>' });
      hasKernel = false;
      twin.onKernelGone();
      expect(row.widgets).toEqual([renderer]);
    });

    it('is the static version while the widget is loading', () => {
      renderer.widgets[0]?.dispose();
      renderer.kernelHas = false;
      void renderer.renderModel();
      const twin = twinOf(data);
      twin.update();
      expect(row.node.textContent).not.toContain('the page');
      twin.update();
      expect(row.node.textContent).toContain('the page');
      expect(row.widgets).toHaveLength(2);
    });
  });
});
