import type { ITranslation } from '../../translation';
import { findOps } from '../data/op-search';
import { pictureAsPng, pictureAsSvg, saveFile } from '../scene/picture-export';
import { opCount } from './amounts';
import { button, element } from './dom';
import type { GraphView } from './graph-view';
import type { MicroscopeModel } from './microscope-model';

/**
 * The search box, and the commands for the whole graph.
 */
export class MicroscopeToolbar {
  constructor(
    private readonly _model: MicroscopeModel,
    private readonly _graph: GraphView,
    private readonly _trans: ITranslation,
    private readonly _signal: AbortSignal
  ) {
    this.node = element('div', 'pw-Microscope-toolbar');
    this.node.setAttribute('role', 'toolbar');
    this.node.setAttribute('aria-label', _trans.__('Graph tools'));
    this._search = element('input', 'pw-Microscope-search');
    this._search.type = 'search';
    this._search.placeholder = _trans.__('Search ops and layers ( / )');
    this._search.setAttribute('aria-label', _trans.__('Search ops and layers'));
    this._matchCount = element('span', 'pw-Microscope-matchCount');
    this._matchCount.setAttribute('role', 'status');
    this.node.append(
      element('strong', 'pw-Microscope-title', _model.data.name),
      this._search,
      this._matchCount,
      ...this._buttons(),
      this._constants(),
      this._help()
    );
    const options = { signal: _signal };
    this._search.addEventListener(
      'input',
      () => {
        this._find();
      },
      options
    );
    this._search.addEventListener(
      'keydown',
      event => {
        if (event.key === 'Enter') {
          this._go(event.shiftKey ? -1 : 1);
          event.preventDefault();
        }
      },
      options
    );
    _model.on(
      'stage',
      () => {
        this._find();
      },
      _signal
    );
  }

  readonly node: HTMLElement;

  focusSearch(): void {
    this._search.focus();
    this._search.select();
  }

  private _buttons(): HTMLButtonElement[] {
    const { _model: model, _graph: graph, _trans: trans } = this;
    const make = (
      text: string,
      title: string,
      act: () => void
    ): HTMLButtonElement => button(text, title, act, this._signal);
    return [
      make(trans.__('Collapse'), trans.__('Collapse all layers'), () => {
        void model.foldAll();
      }),
      make(trans.__('Expand'), trans.__('Expand all layers'), () => {
        void model.openAll();
      }),
      make(trans.__('Fit'), trans.__('Show the whole graph (0)'), () => {
        graph.fit();
      }),
      make('SVG', trans.__('Save the graph as SVG'), () => {
        this._saveSvg();
      }),
      make('PNG', trans.__('Save the graph as PNG'), () => {
        void this._savePng();
      })
    ];
  }

  private _constants(): HTMLElement {
    const label = element('label', 'pw-Microscope-check');
    const box = element('input');
    box.type = 'checkbox';
    box.addEventListener(
      'change',
      () => void this._model.showConstants(box.checked),
      { signal: this._signal }
    );
    this._model.on(
      'scene',
      () => {
        box.checked = this._model.constants;
      },
      this._signal
    );
    label.append(box, this._trans.__('Constants'));
    return label;
  }

  private _help(): HTMLElement {
    const trans = this._trans;
    const box = element('details', 'pw-Microscope-help');
    const keys: [string, string][] = [
      ['← ↑ ↓ →', trans.__('move through the graph')],
      ['Enter', trans.__('expand a layer, pin an op')],
      ['U', trans.__('collapse the enclosing layer')],
      ['Esc', trans.__('unpin')],
      ['/', trans.__('search; Enter goes to the next match')],
      ['[ ]', trans.__('step through the passes')],
      ['P', trans.__('play the passes')],
      ['+ − 0', trans.__('zoom in, zoom out, fit')]
    ];
    const list = element('dl');
    for (const [key, text] of keys) {
      list.append(element('dt', '', key), element('dd', '', text));
    }
    box.append(element('summary', '', trans.__('Keyboard shortcuts')), list);
    return box;
  }

  private _find(): void {
    const { data, stage } = this._model;
    this._rows = findOps(data, stage, this._search.value);
    this._at = -1;
    if (this._search.value.trim() === '') {
      this._matchCount.textContent = '';
      return;
    }
    const count = this._rows.length;
    this._matchCount.textContent =
      count === 0
        ? this._trans.__('No op with that name.')
        : opCount(count, this._trans);
    const ids = this._rows.map(row => data.opId[row] ?? -1);
    this._model.pin(count === 0 ? null : { kind: 'ops', stage, ids });
  }

  private _go(step: -1 | 1): void {
    const count = this._rows.length;
    if (count === 0) {
      return;
    }
    this._at = (this._at + step + count) % count;
    this._matchCount.textContent = this._trans.__(
      '%1 of %2',
      this._at + 1,
      count
    );
    void this._model.reveal(this._rows[this._at] ?? 0);
  }

  private _saveSvg(): void {
    const { index } = this._model;
    if (index) {
      const text = pictureAsSvg(index, this._graph.look, this._graph.palette);
      saveFile(new Blob([text], { type: 'image/svg+xml' }), this._name('svg'));
    }
  }

  private async _savePng(): Promise<void> {
    const { index } = this._model;
    if (index) {
      const { look, palette } = this._graph;
      saveFile(await pictureAsPng(index, look, palette), this._name('png'));
    }
  }

  private _name(ending: string): string {
    const { data, stage } = this._model;
    const name = data.name.replace(/[^\w.-]+/g, '-') || 'program';
    return `${name}-${stage}.${ending}`;
  }

  private readonly _search: HTMLInputElement;
  private readonly _matchCount: HTMLElement;
  private _rows: number[] = [];
  private _at = -1;
}
