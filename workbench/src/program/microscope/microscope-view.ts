import type { ITranslation } from '../../translation';
import { opCount } from './amounts';
import { ChangeList } from './change-list';
import type { ICode } from './code-pane';
import { CodePane } from './code-pane';
import { element } from './dom';
import { ExplanationList } from './explanation-list';
import { GraphView } from './graph-view';
import type { MicroscopeModel } from './microscope-model';
import { MicroscopeToolbar } from './microscope-toolbar';
import { OpDetails } from './op-details';
import { OpTree } from './op-tree';
import { StageTimeline } from './stage-timeline';
import { TabPanel } from './tab-panel';

/**
 * The whole microscope: code, graph and ops side by side, with the passes below.
 */
export class MicroscopeView {
  constructor(
    private readonly _model: MicroscopeModel,
    private readonly _trans: ITranslation,
    private readonly _language: 'zh' | 'en',
    signal: AbortSignal
  ) {
    const { data } = _model;
    this.node = element('section', 'pw-Microscope');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute(
      'aria-label',
      _trans.__('Program microscope: %1', data.name)
    );
    this.graph = new GraphView(_model, _trans, signal);
    this._timeline = new StageTimeline(_model, _trans, signal);
    this._toolbar = new MicroscopeToolbar(_model, this.graph, _trans, signal);
    this._status = element('div', 'pw-Microscope-status');
    this._status.setAttribute('role', 'status');
    this._status.setAttribute('aria-live', 'polite');
    const panes = element('div', 'pw-Microscope-panes');
    panes.append(...this._codePanes(signal), this._graphPane());
    panes.append(this._sidePane(signal));
    this.node.append(
      this._toolbar.node,
      panes,
      this._timeline.node,
      this._status
    );
    this.node.addEventListener(
      'keydown',
      event => {
        this._onKey(event);
      },
      {
        signal
      }
    );
    for (const aspect of ['scene', 'focus', 'family', 'failure'] as const) {
      _model.on(
        aspect,
        () => {
          this._say();
        },
        signal
      );
    }
    this._say();
    void _model.refresh();
  }

  readonly node: HTMLElement;
  readonly graph: GraphView;

  private _codePanes(signal: AbortSignal): HTMLElement[] {
    const { sources, transformed } = this._model.data.columns.header;
    const trans = this._trans;
    const panes: HTMLElement[] = [];
    const add = (title: string, codes: ICode[]): void => {
      if (codes.length > 0) {
        panes.push(new CodePane(title, codes, this._model, signal).node);
      }
    };
    add(
      trans.__('Source'),
      sources.map(({ name, text, file, first_line: firstLine }) => ({
        name,
        text,
        file,
        firstLine,
        sourceLine: line => firstLine + line - 1
      }))
    );
    add(
      trans.__('Transformed'),
      transformed.map(({ name, text, file, lines }) => {
        const sourceLines = new Map(lines);
        return {
          name,
          text,
          file,
          firstLine: 1,
          sourceLine: line => sourceLines.get(line)
        };
      })
    );
    return panes;
  }

  private _graphPane(): HTMLElement {
    const pane = element('section', 'pw-Microscope-graph');
    const heading = this._trans.__('Graph');
    pane.append(
      element('h3', 'pw-Microscope-heading', heading),
      this.graph.node
    );
    return pane;
  }

  private _sidePane(signal: AbortSignal): HTMLElement {
    const { _model: model, _trans: trans } = this;
    const tree = new OpTree(model, trans, signal);
    const explanations = new ExplanationList(
      model,
      trans,
      this._language,
      signal
    );
    const tabs = new TabPanel(trans.__('About the program'), signal);
    tabs.add(trans.__('Op'), new OpDetails(model, trans, signal).node);
    tabs.add(trans.__('Ops'), tree.node, isShown => {
      tree.isShown = isShown;
    });
    if (model.data.stageCount > 1) {
      tabs.add(trans.__('Changes'), new ChangeList(model, trans, signal).node);
    }
    if (explanations.count > 0) {
      tabs.add(trans.__('Notes'), explanations.node);
    }
    return tabs.node;
  }

  /** Report the current state in the status line, which screen readers read out. */
  private _say(): void {
    const { failure, index, isPinned, family, families, stage } = this._model;
    const trans = this._trans;
    if (failure !== null) {
      this._status.textContent = trans.__(
        'Could not draw the graph: %1',
        failure
      );
      this._status.setAttribute('role', 'alert');
      return;
    }
    this._status.setAttribute('role', 'status');
    if (!index) {
      this._status.textContent =
        this._model.data.stageCount > 0
          ? trans.__('Drawing the graph …')
          : trans.__('There is no program; see the notes.');
      return;
    }
    const parts = [this._timeline.nameOf(stage)];
    if (family) {
      const count = families.rowsIn(stage, family).size;
      parts.push(
        isPinned
          ? trans.__('%1 pinned; press Esc to unpin', opCount(count, trans))
          : opCount(count, trans)
      );
    }
    const name = this._focusName();
    if (name) {
      parts.push(name);
    }
    this._status.textContent = parts.join(' · ');
  }

  private _focusName(): string {
    const { data, focus, index } = this._model;
    if (focus === null) {
      return '';
    }
    if (focus >= 0) {
      const layer = data.layer(focus);
      return layer ? `${data.opName(focus)}, ${layer}` : data.opName(focus);
    }
    const group = index?.scene.groups[~focus];
    return group ? `${group.name}, ${opCount(group.size, this._trans)}` : '';
  }

  private _onKey(event: KeyboardEvent): void {
    const isTyping = event.target instanceof HTMLInputElement;
    if (event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    if (event.key === 'Escape') {
      this._model.pin(null);
      this._model.point(null);
      this._model.focusOn(null);
      if (isTyping) {
        this.graph.focusCanvas();
      }
    } else if (isTyping && event.target.type !== 'range') {
      event.stopPropagation();
      return;
    } else if (event.key === '/') {
      this._toolbar.focusSearch();
    } else if (event.key === '[') {
      this._timeline.step(-1);
    } else if (event.key === ']') {
      this._timeline.step(1);
    } else if (event.key === 'p') {
      this._timeline.toggle();
    } else {
      return;
    }
    // The notebook has shortcuts on the same keys.
    event.preventDefault();
    event.stopPropagation();
  }

  private readonly _timeline: StageTimeline;
  private readonly _toolbar: MicroscopeToolbar;
  private readonly _status: HTMLElement;
}
