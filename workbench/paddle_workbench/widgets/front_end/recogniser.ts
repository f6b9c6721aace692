import type { ITraits } from './base/model';
import { defineWidget } from './base/widget';
import { pictureInput, textInput } from './bundle/input-view';
import type { IExample } from './bundle/input-view';
import { fileOf, sendablePicture } from './bundle/picture-file';
import { ResultView } from './bundle/result-view';
import type { IResult } from './bundle/result-view';
import { choice, make } from './text/elements';
import chinese from './recogniser.zh.json';

interface IRecogniserTraits extends ITraits {
  title: string;
  takes: 'text' | 'picture';
  examples: readonly IExample[];
  targets: readonly string[];
  target: string;
  text_shown: string;
  picture: string;
  result: IResult | Record<string, never>;
  failure: string;
  needs_kernel: string;
}

export default defineWidget<IRecogniserTraits>(
  chinese,
  ({ model, root, trans, signal, onChange }) => {
    root.classList.add('pw-Recogniser');
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', model.get('title'));
    const view = new ResultView(trans);
    const targets = choice(
      trans.__('Run with'),
      model.get('targets').map(name => [name, name] as const),
      model.get('target')
    );
    const send = (name: 'text_shown' | 'picture', value: string): void => {
      model.set(name, value);
      model.save_changes();
    };
    const takesText = model.get('takes') === 'text';
    const input = (takesText ? textInput : pictureInput)({
      examples: model.get('examples'),
      signal,
      trans,
      onInput: value => {
        if (typeof value === 'string') {
          send('text_shown', value);
          return;
        }
        sendablePicture(value).then(
          picture => {
            send('picture', picture);
          },
          () => {
            view.fail(
              trans.__(
                'This file is not a picture that your browser can read. Use a PNG or JPEG file.'
              )
            );
          }
        );
      },
      onExample: number => {
        const { picture = '', text = '' } = model.get('examples')[number] ?? {};
        if (takesText) {
          input.show(text);
          send('text_shown', text);
        } else {
          input.show(fileOf(picture));
          send('picture', picture);
        }
      }
    });
    const head = make('div', 'pw-Recogniser-head');
    head.append(make('strong', '', model.get('title')), targets.label);
    const columns = make('div', 'pw-Recogniser-columns');
    columns.append(input.element, view.element);
    const note = make('p', 'pw-Recogniser-note');
    root.append(head, columns, note);

    const showInput = (): void => {
      const picture = model.get('picture');
      if (takesText) {
        // What is being typed stays.
        if (!input.element.contains(document.activeElement)) {
          input.show(model.get('text_shown'));
        }
      } else if (picture !== '') {
        input.show(fileOf(picture));
      }
    };
    const draw = (): void => {
      const result = model.get('result');
      const failure = model.get('failure');
      if (failure !== '') {
        view.fail(failure);
      } else if ('prediction' in result) {
        view.show(result as IResult);
      } else {
        view.clear();
      }
    };
    const explain = (): void => {
      note.textContent = model.get('needs_kernel');
      note.hidden = note.textContent === '';
    };
    targets.select.addEventListener(
      'change',
      () => {
        model.set('target', targets.select.value);
        model.save_changes();
      },
      { signal }
    );
    onChange('text_shown', showInput);
    onChange('picture', showInput);
    onChange('target', () => {
      targets.select.value = model.get('target');
    });
    onChange('result', draw);
    onChange('failure', draw);
    onChange('needs_kernel', explain);
    showInput();
    draw();
    explain();
    return undefined;
  }
);
