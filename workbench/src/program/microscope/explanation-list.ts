import { codeAddress } from '../../code-link';
import type { ITranslation } from '../../translation';
import type { Line } from '../data/columns';
import { element } from './dom';
import type { MicroscopeModel } from './microscope-model';

/**
 * Explanations of what is missing from the graph or looks different: rule, line and repair.
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
    for (const explanation of explanations) {
      const note = element('article', 'pw-Notes-note');
      const rule = element('p', 'pw-Notes-rule', explanation.rule[language]);
      rule.prepend(this._code(explanation.code, language), ' ');
      note.append(rule);
      if (explanation.message) {
        note.append(element('p', 'pw-Notes-message', explanation.message));
      }
      note.append(...this._line(explanation.line));
      note.append(element('p', '', explanation.repair[language]));
      if (explanation.example) {
        note.append(element('pre', 'pw-Notes-example', explanation.example));
      }
      if (explanation.proven) {
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

  private _code(code: string, language: 'zh' | 'en'): HTMLElement {
    const address = codeAddress(code, language);
    const title = `workbench explain ${code}`;
    if (address === null) {
      const name = element('code', '', code);
      name.title = title;
      return name;
    }
    const link = element('a', 'pw-Notes-code', code);
    link.href = address;
    link.target = '_blank';
    link.rel = 'noopener';
    link.title = title;
    return link;
  }

  private _line(line: Line | null): HTMLElement[] {
    if (!line) {
      return [];
    }
    const [file, number] = line;
    const text = this._trans.__('Line %1', number);
    const button = element('button', 'pw-Microscope-button', text);
    button.type = 'button';
    button.addEventListener(
      'click',
      () => {
        this._model.pin({ kind: 'line', file, line: number });
      },
      { signal: this._signal }
    );
    return [button];
  }
}
