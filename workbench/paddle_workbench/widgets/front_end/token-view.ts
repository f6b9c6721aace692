import type { ITraits } from './base/model';
import { defineWidget } from './base/widget';
import type { ITranslation } from './base/translation';
import { codePoints, make, walk } from './text/elements';
import chinese from './token-view.zh.json';

/** Start, end, number, and whether the vocabulary has it. */
type Token = readonly [number, number, number, boolean];

interface IRow {
  readonly name: string;
  readonly size: number;
  readonly tokens: readonly Token[];
}

interface ITokenTraits extends ITraits {
  shown: string;
  rows: readonly IRow[];
  left_out: number;
  notices: readonly string[];
}

export default defineWidget<ITokenTraits>(
  chinese,
  ({ model, root, trans, signal, onChange }) => {
    root.classList.add('pw-TokenView');
    root.setAttribute('role', 'region');
    root.setAttribute(
      'aria-label',
      trans.__('One text, several tokenisations')
    );
    let withNumbers = false;
    let end = new AbortController();
    const bar = make('div', 'pw-Text-bar');
    const toggle = make('button', 'pw-Text-button', trans.__('Show numbers'));
    toggle.setAttribute('aria-pressed', 'false');
    const status = make('span', 'pw-Text-note');
    status.setAttribute('aria-live', 'polite');
    bar.append(toggle, status);
    const scroll = make('div', 'pw-Text-scroll');
    const notes = make('div');
    root.append(bar, scroll, notes);

    const draw = (): void => {
      end.abort();
      end = new AbortController();
      const say = (token: Token, row: IRow): void => {
        status.textContent = describe(trans, model.get('shown'), token, row);
      };
      scroll.replaceChildren(
        grid(model.get('shown'), model.get('rows'), {
          withNumbers,
          trans,
          signal: end.signal,
          say
        })
      );
      const left = model.get('left_out');
      notes.replaceChildren(
        ...model.get('notices').map(text => make('p', 'pw-Text-note', text)),
        ...(left > 0
          ? [
              make(
                'p',
                'pw-Text-note',
                trans.__('%1 more characters are not shown.', left)
              )
            ]
          : [])
      );
    };
    toggle.addEventListener(
      'click',
      () => {
        withNumbers = !withNumbers;
        toggle.setAttribute('aria-pressed', String(withNumbers));
        draw();
      },
      { signal }
    );
    onChange('shown', draw);
    onChange('rows', draw);
    draw();
    return () => {
      end.abort();
    };
  }
);

interface IGridOptions {
  readonly withNumbers: boolean;
  readonly trans: ITranslation;
  readonly signal: AbortSignal;
  say(token: Token, row: IRow): void;
}

function grid(
  text: string,
  rows: readonly IRow[],
  { withNumbers, trans, signal, say }: IGridOptions
): HTMLElement {
  const characters = codePoints(text);
  const whole = make('div', 'pw-Text-grid');
  const pieces: { token: Token; element: HTMLElement }[] = [];
  rows.forEach((row, line) => {
    const name = make('div', 'pw-Text-name');
    name.textContent = trans.__('%1: %2 tokens', row.name, row.tokens.length);
    name.style.gridRow = String(line + 1);
    whole.append(name);
    const ofRow = row.tokens.map(token => {
      const [start, stop, id, known] = token;
      const element = make('div', 'pw-Text-piece pw-TokenView-token');
      element.textContent = characters.slice(start, stop).join('');
      element.style.gridRow = String(line + 1);
      element.style.gridColumn = `${start + 2} / ${stop + 2}`;
      element.classList.toggle('pw-mod-unknown', !known);
      element.setAttribute('aria-label', describe(trans, text, token, row));
      if (withNumbers || !known) {
        element.append(
          make('small', 'pw-TokenView-id', known ? String(id) : '?')
        );
      }
      pieces.push({ token, element });
      return element;
    });
    walk(ofRow, signal);
    whole.append(...ofRow);
  });
  for (const { token, element } of pieces) {
    const mark = (on: boolean): void => {
      for (const other of pieces) {
        const meets = other.token[0] < token[1] && token[0] < other.token[1];
        other.element.classList.toggle('pw-mod-together', on && meets);
      }
    };
    const row = rows.find(each => each.tokens.includes(token));
    const enter = (): void => {
      mark(true);
      if (row) {
        say(token, row);
      }
    };
    const leave = (): void => {
      mark(false);
    };
    element.addEventListener('pointerenter', enter, { signal });
    element.addEventListener('focus', enter, { signal });
    element.addEventListener('pointerleave', leave, { signal });
    element.addEventListener('blur', leave, { signal });
  }
  return whole;
}

function describe(
  trans: ITranslation,
  text: string,
  [start, stop, id, known]: Token,
  row: IRow
): string {
  const piece = codePoints(text).slice(start, stop).join('');
  return known
    ? trans.__('%1 is number %2 of %3 (%4)', piece, id, row.size, row.name)
    : trans.__(
        '%1 is not one of the %2 tokens (%3)',
        piece,
        row.size,
        row.name
      );
}
