import type { ITranslation } from './base/translation';
import type { ITraits } from './base/model';
import { defineWidget } from './base/widget';
import { choice, codePoints, make, walk } from './text/elements';
import chinese from './text-lens.zh.json';

/** Start, end, what it gave in logits. */
type Unit = readonly [number, number, number];

interface IExplanation {
  readonly name: string;
  readonly text: string;
  readonly probability: number;
  readonly method: 'gradients' | 'occlusion';
  readonly gap: number;
  readonly joined: boolean;
  readonly units: readonly Unit[];
}

interface ILensTraits extends ITraits {
  text_shown: string;
  method: string;
  unit: string;
  classes: readonly string[];
  examples: readonly (readonly [string, string])[];
  explanations: readonly IExplanation[];
  notices: readonly string[];
  failure: string;
}

/** Milliseconds of rest after a keystroke before the kernel is asked. */
const REST_MS = 40;

export default defineWidget<ILensTraits>(
  chinese,
  ({ model, root, trans, signal, onChange }) => {
    root.classList.add('pw-TextLens');
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', trans.__('Text lens'));
    const input = make('textarea', 'pw-TextLens-input');
    input.rows = 2;
    input.value = model.get('text_shown');
    input.setAttribute(
      'aria-label',
      trans.__('Text; the shading updates as you type')
    );
    const methods = choice(
      trans.__('Saliency'),
      [
        ['gradients', trans.__('integrated gradients')],
        ['occlusion', trans.__('occlusion')]
      ],
      model.get('method')
    );
    const units = choice(
      trans.__('Shade by'),
      [
        ['characters', trans.__('characters')],
        ['words', trans.__('words')]
      ],
      model.get('unit')
    );
    const bar = make('div', 'pw-Text-bar');
    bar.append(methods.label, units.label);
    const answers = make('div');
    const status = make('p', 'pw-Text-note');
    status.setAttribute('aria-live', 'polite');
    const legend = make(
      'p',
      'pw-Text-note',
      trans.__(
        'Shaded: supports %1. Underlined: opposes it. Outlined: the models disagree.',
        model.get('classes')[1] ?? ''
      )
    );
    const list = make('div', 'pw-Text-bar');
    root.append(input, bar, answers, status, legend, list);
    let end = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;

    const draw = (): void => {
      end.abort();
      end = new AbortController();
      status.textContent = '';
      const failure = model.get('failure');
      if (failure !== '') {
        const box = make('div', 'pw-Widget-failure', failure);
        box.setAttribute('role', 'alert');
        answers.replaceChildren(box);
        return;
      }
      const explanations = model.get('explanations');
      answers.replaceChildren(
        ...explanations.map(each =>
          answer(each, explanations, {
            trans,
            classes: model.get('classes'),
            signal: end.signal,
            say: text => {
              status.textContent = text;
            }
          })
        ),
        ...model.get('notices').map(text => make('p', 'pw-Text-note', text))
      );
    };
    const send = (): void => {
      model.set('text_shown', input.value);
      model.save_changes();
    };
    input.addEventListener(
      'input',
      () => {
        clearTimeout(timer);
        timer = setTimeout(send, REST_MS);
      },
      { signal }
    );
    methods.select.addEventListener(
      'change',
      () => {
        model.set('method', methods.select.value);
        model.save_changes();
      },
      { signal }
    );
    units.select.addEventListener(
      'change',
      () => {
        model.set('unit', units.select.value);
        model.save_changes();
      },
      { signal }
    );
    for (const [text, label] of model.get('examples')) {
      const shown = text.length > 16 ? `${text.slice(0, 16)}…` : text;
      const button = make('button', 'pw-Text-button', `${shown} (${label})`);
      button.title = text;
      button.addEventListener(
        'click',
        () => {
          input.value = text;
          send();
        },
        { signal }
      );
      list.append(button);
    }
    onChange('text_shown', () => {
      // Set from Python; what is being typed stays.
      if (document.activeElement !== input) {
        input.value = model.get('text_shown');
      }
    });
    onChange('explanations', draw);
    onChange('failure', draw);
    onChange('notices', draw);
    draw();
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  }
);

interface IAnswerOptions {
  readonly trans: ITranslation;
  readonly classes: readonly string[];
  readonly signal: AbortSignal;
  say(text: string): void;
}

function answer(
  explanation: IExplanation,
  all: readonly IExplanation[],
  { trans, classes, signal, say }: IAnswerOptions
): HTMLElement {
  const block = make('section', 'pw-TextLens-answer');
  const percent = (explanation.probability * 100).toFixed(1);
  const head = make('div', 'pw-TextLens-head');
  head.append(
    make('strong', '', explanation.name),
    bar(explanation.probability),
    make('span', '', `${percent} % ${classes[1] ?? ''}`)
  );
  const how =
    explanation.method === 'gradients'
      ? trans.__('integrated gradients, off by %1', explanation.gap.toFixed(3))
      : trans.__('occlusion');
  head.append(make('span', 'pw-Text-note', how));
  const line = make('div', 'pw-TextLens-text');
  const characters = codePoints(explanation.text);
  const largest = Math.max(
    1e-9,
    ...explanation.units.map(unit => Math.abs(unit[2]))
  );
  const others = all.filter(each => each !== explanation);
  const pieces = explanation.units.map(([start, stop, value]) => {
    const text = characters.slice(start, stop).join('');
    const piece = make('span', 'pw-TextLens-piece', text);
    piece.style.setProperty(
      '--pw-share',
      `${Math.round((70 * Math.abs(value)) / largest)}%`
    );
    piece.classList.toggle('pw-mod-against', value < 0);
    const disagree = others.some(other =>
      differs(other, start, stop, value, 0.15 * largest)
    );
    piece.classList.toggle('pw-mod-differs', disagree);
    const sign = value < 0 ? '−' : '+';
    const label = `${text} ${sign}${Math.abs(value).toFixed(2)}`;
    piece.setAttribute('aria-label', label);
    piece.title = label;
    const show = (): void => {
      say(`${explanation.name}: ${label}`);
    };
    piece.addEventListener('focus', show, { signal });
    piece.addEventListener('pointerenter', show, { signal });
    return piece;
  });
  walk(pieces, signal);
  line.append(...pieces);
  block.append(head, line);
  if (explanation.joined) {
    const note = trans.__('Each token of this model is shaded as a whole.');
    block.append(make('p', 'pw-Text-note', note));
  }
  return block;
}

/**
 * Whether another model shades the same part of the text the other way, and not by a trifle. A part of
 * one of its tokens has no value of its own.
 */
function differs(
  other: IExplanation,
  start: number,
  stop: number,
  value: number,
  trifle: number
): boolean {
  const largest = Math.max(1e-9, ...other.units.map(unit => Math.abs(unit[2])));
  const there = other.units.filter(unit => unit[0] < stop && start < unit[1]);
  const sum = there.reduce((total, unit) => total + unit[2], 0);
  return (
    there.every(unit => start <= unit[0] && unit[1] <= stop) &&
    Math.sign(sum) !== Math.sign(value) &&
    Math.abs(value) > trifle &&
    Math.abs(sum) > 0.15 * largest
  );
}

function bar(probability: number): HTMLElement {
  const whole = make('span', 'pw-TextLens-bar');
  const part = make('span', 'pw-TextLens-part');
  part.style.width = `${(probability * 100).toFixed(1)}%`;
  whole.append(part);
  return whole;
}
