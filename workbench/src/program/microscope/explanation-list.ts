import type { ITranslation } from '../../translation';
import type { Line } from '../data/columns';
import { element } from './dom';
import type { MicroscopeModel } from './microscope-model';

/**
 * Why something is not in the graph, or not as it looks: the rule, the line and the repair.
 */
export class ExplanationList {
  constructor(
    private readonly _model: MicroscopeModel,
    private readonly _trans: ITranslation,
    language: 'zh' | 'en',
    private readonly _signal: AbortSignal
  ) {
    this.node = element('div', 'pw-Notes');
    const { explanations, breaks } = _model.data.columns.header;
    this.count = explanations.length + breaks.length;
    for (const found of explanations) {
      const note = element('article', 'pw-Notes-note');
      note.append(element('p', 'pw-Notes-rule', found.rule[language]));
      if (found.message) {
        note.append(element('p', 'pw-Notes-message', found.message));
      }
      note.append(...this._line(found.line));
      note.append(element('p', '', found.repair[language]));
      if (found.example) {
        note.append(element('pre', 'pw-Notes-example', found.example));
      }
      if (found.proven) {
        const text = _trans.__('✓ This fix was tested here and works.');
        note.append(element('p', 'pw-Notes-proven', text));
      }
      this.node.append(note);
    }
    for (const { reason, line } of breaks) {
      const note = element('article', 'pw-Notes-note');
      note.append(
        element('p', 'pw-Notes-rule', _trans.__('Graph break')),
        element('p', 'pw-Notes-message', reason),
        ...this._line(line)
      );
      this.node.append(note);
    }
  }

  readonly node: HTMLElement;
  readonly count: number;

  private _line(line: Line | null): HTMLElement[] {
    if (!line) {
      return [];
    }
    const [file, number] = line;
    const text = this._trans.__('Line %1', number);
    const made = element('button', 'pw-Microscope-button', text);
    made.type = 'button';
    made.addEventListener(
      'click',
      () => {
        this._model.pin({ kind: 'line', file, line: number });
      },
      { signal: this._signal }
    );
    return [made];
  }
}
