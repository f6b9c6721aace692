import type { ITranslation } from './base/translation';
import type { ITraits } from './base/model';
import { defineWidget } from './base/widget';
import { codePoints, make, walk } from './text/elements';
import chinese from './span-view.zh.json';

type Kind = 'right' | 'label' | 'boundary' | 'missed' | 'spurious';

/** Start, end, label. */
type Span = readonly [number, number, string];

interface IAgreement {
  readonly kind: Kind;
  readonly gold: Span | null;
  readonly predicted: Span | null;
}

interface IExample {
  readonly text: string;
  readonly agreements: readonly IAgreement[];
}

interface ISpanTraits extends ITraits {
  examples: readonly IExample[];
  index: number;
  only_errors: boolean;
}

const SIGNS: Record<Kind, string> = {
  right: '✓',
  label: '≠',
  boundary: '↔',
  missed: '−',
  spurious: '+'
};

export default defineWidget<ISpanTraits>(
  chinese,
  ({ model, root, trans, signal, onChange }) => {
    root.classList.add('pw-SpanView');
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', trans.__('Gold and predicted spans'));
    const bar = make('div', 'pw-Text-bar');
    const previous = make(
      'button',
      'pw-Text-button',
      trans.__('Previous text')
    );
    const next = make('button', 'pw-Text-button', trans.__('Next text'));
    const errors = make(
      'button',
      'pw-Text-button',
      trans.__('Only texts with errors')
    );
    const count = make('span', 'pw-Text-note');
    count.setAttribute('aria-live', 'polite');
    bar.append(previous, next, errors, count);
    const scroll = make('div', 'pw-Text-scroll');
    const status = make('p', 'pw-Text-note');
    status.setAttribute('aria-live', 'polite');
    root.append(bar, scroll, status, legend(trans));
    let end = new AbortController();

    const draw = (): void => {
      end.abort();
      end = new AbortController();
      const onlyErrors = model.get('only_errors');
      const listed = listedOf(model.get('examples'), onlyErrors);
      const place = placeIn(listed, model.get('index'));
      const example = model.get('examples')[listed[place] ?? -1];
      errors.setAttribute('aria-pressed', String(onlyErrors));
      previous.disabled = place <= 0;
      next.disabled = place + 1 >= listed.length;
      count.textContent = countOf(place, listed.length, onlyErrors, trans);
      status.textContent = '';
      scroll.replaceChildren(
        ...(example
          ? [
              grid(example, trans, end.signal, text => {
                status.textContent = text;
              })
            ]
          : [])
      );
    };
    const go = (by: 1 | -1): void => {
      const listed = listedOf(model.get('examples'), model.get('only_errors'));
      const index = listed[placeIn(listed, model.get('index')) + by];
      if (index !== undefined) {
        model.set('index', index);
        model.save_changes();
      }
    };
    previous.addEventListener(
      'click',
      () => {
        go(-1);
      },
      { signal }
    );
    next.addEventListener(
      'click',
      () => {
        go(1);
      },
      { signal }
    );
    errors.addEventListener(
      'click',
      () => {
        model.set('only_errors', !model.get('only_errors'));
        model.save_changes();
      },
      { signal }
    );
    onChange('index', draw);
    onChange('only_errors', draw);
    onChange('examples', draw);
    draw();
    return () => {
      end.abort();
    };
  }
);

/** The indices of the examples to walk through. */
function listedOf(
  examples: readonly IExample[],
  onlyErrors: boolean
): readonly number[] {
  return [...examples.keys()].filter(
    at =>
      !onlyErrors ||
      examples[at]?.agreements.some(each => each.kind !== 'right')
  );
}

/** The place of an example in a list, or of the next one that is listed; -1 if the list is empty. */
function placeIn(listed: readonly number[], index: number): number {
  const place = listed.findIndex(each => each >= index);
  return place < 0 ? listed.length - 1 : place;
}

function countOf(
  place: number,
  length: number,
  onlyErrors: boolean,
  trans: ITranslation
): string {
  if (!onlyErrors) {
    return trans.__('%1 of %2', place + 1, length);
  }
  return length === 0
    ? trans.__('No text has errors.')
    : trans.__('%1 of %2 with errors', place + 1, length);
}

function grid(
  example: IExample,
  trans: ITranslation,
  signal: AbortSignal,
  say: (text: string) => void
): HTMLElement {
  const whole = make('div', 'pw-Text-grid');
  const characters = codePoints(example.text);
  const names: [number, string][] = [
    [1, trans.__('Gold')],
    [2, trans.__('Text')],
    [3, trans.__('Predicted')]
  ];
  for (const [row, name] of names) {
    const head = make('div', 'pw-Text-name', name);
    head.style.gridRow = String(row);
    whole.append(head);
  }
  characters.forEach((character, i) => {
    const cell = make('div', 'pw-SpanView-character', character);
    cell.style.gridRow = '2';
    cell.style.gridColumn = String(i + 2);
    whole.append(cell);
  });
  const pieces: HTMLElement[] = [];
  for (const agreement of example.agreements) {
    const pair = [
      [1, agreement.gold],
      [3, agreement.predicted]
    ] as const;
    for (const [row, span] of pair) {
      if (span === null) {
        continue;
      }
      const [start, stop, label] = span;
      const element = make(
        'div',
        `pw-Text-piece pw-SpanView-span pw-mod-${agreement.kind}`
      );
      element.textContent = `${SIGNS[agreement.kind]} ${label}`.trim();
      element.style.gridRow = String(row);
      element.style.gridColumn = `${start + 2} / ${stop + 2}`;
      const text = describe(characters, agreement, trans);
      element.setAttribute('aria-label', text);
      const show = (): void => {
        say(text);
      };
      element.addEventListener('focus', show, { signal });
      element.addEventListener('pointerenter', show, { signal });
      pieces.push(element);
    }
  }
  walk(pieces, signal);
  whole.append(...pieces);
  return whole;
}

function describe(
  characters: readonly string[],
  { kind, gold, predicted }: IAgreement,
  trans: ITranslation
): string {
  const describe = (span: Span | null): string =>
    span === null
      ? '–'
      : `${characters.slice(span[0], span[1]).join('')} ${span[2]}`.trim();
  return trans.__(
    '%1: gold %2, predicted %3',
    kindName(kind, trans),
    describe(gold),
    describe(predicted)
  );
}

function kindName(kind: Kind, trans: ITranslation): string {
  switch (kind) {
    case 'right':
      return trans.__('right');
    case 'label':
      return trans.__('wrong label');
    case 'boundary':
      return trans.__('wrong boundaries');
    case 'missed':
      return trans.__('missed');
    case 'spurious':
      return trans.__('spurious');
  }
}

function legend(trans: ITranslation): HTMLElement {
  const line = make('p', 'pw-Text-note');
  const kinds: Kind[] = ['right', 'label', 'boundary', 'missed', 'spurious'];
  line.textContent = kinds
    .map(kind => `${SIGNS[kind]} ${kindName(kind, trans)}`)
    .join('   ');
  return line;
}
