import type { ITranslation } from '../base/translation';
import { make } from '../text/elements';

/** An example to choose. */
export interface IExample {
  readonly text: string;
  /** A picture as a data URL. */
  readonly picture: string;
}

export interface IInputOptions {
  readonly examples: readonly IExample[];
  readonly signal: AbortSignal;
  readonly trans: ITranslation;
  /** Where a picture may be pasted; by default only with the focus in the input. */
  readonly pasteTarget?: EventTarget;
  /** Called with a text while it is typed, or with a picture file. */
  onInput(value: string | Blob): void;
  /** Called with the number of an example. */
  onExample(number: number): void;
}

/** Where a text is typed or a picture is given. */
export interface IInputView {
  readonly element: HTMLElement;
  /** Show an input without calling `onInput`. */
  show(value: string | Blob): void;
}

/** Milliseconds of rest after a keystroke before the network runs. */
const REST_MS = 60;
const LONGEST_BUTTON = 24;

/** Make a box for texts, with examples below it. */
export function textInput({
  examples,
  onExample,
  onInput,
  signal,
  trans
}: IInputOptions): IInputView {
  const element = make('div', 'pw-Input');
  const label = make('label', 'pw-Input-label', trans.__('Text'));
  const box = make('textarea', 'pw-Input-text');
  box.rows = 4;
  box.placeholder = trans.__('Type or paste a text');
  let timer: ReturnType<typeof setTimeout> | undefined;
  box.addEventListener(
    'input',
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        onInput(box.value);
      }, REST_MS);
    },
    { signal }
  );
  label.append(box);
  const buttons = examples.map(({ text }, number) => {
    const characters = Array.from(text);
    const button = make(
      'button',
      'pw-Input-example',
      characters.length > LONGEST_BUTTON
        ? `${characters.slice(0, LONGEST_BUTTON).join('')}…`
        : text
    );
    button.type = 'button';
    button.title = text;
    button.addEventListener(
      'click',
      () => {
        onExample(number);
      },
      { signal }
    );
    return button;
  });
  element.append(label, ...exampleList(buttons, trans));
  return {
    element,
    show: value => {
      if (typeof value === 'string') {
        box.value = value;
      }
    }
  };
}

/** Make a place to drop, choose or paste a picture, with examples below it. */
export function pictureInput({
  examples,
  onExample,
  onInput,
  pasteTarget,
  signal,
  trans
}: IInputOptions): IInputView {
  const element = make('div', 'pw-Input');
  const zone = make('div', 'pw-Input-zone');
  const preview = make('img', 'pw-Input-preview');
  preview.alt = trans.__('The picture');
  preview.hidden = true;
  const choose = make('label', 'pw-Input-choose');
  const field = make('input', 'pw-Input-file');
  field.type = 'file';
  field.accept = 'image/*';
  choose.append(make('span', '', trans.__('Choose a picture')), field);
  const hint = trans.__('or drop it here, or paste it');
  zone.append(preview, choose, make('p', 'pw-Input-hint', hint));
  let address = '';
  const show = (value: string | Blob): void => {
    if (typeof value !== 'string') {
      URL.revokeObjectURL(address);
      address = URL.createObjectURL(value);
      preview.src = address;
      preview.hidden = false;
    }
  };
  const take = (files: FileList | null | undefined): boolean => {
    const file = files?.[0];
    if (file !== undefined) {
      show(file);
      onInput(file);
    }
    return file !== undefined;
  };
  field.addEventListener(
    'change',
    () => {
      take(field.files);
      // The same file can be chosen again.
      field.value = '';
    },
    { signal }
  );
  zone.addEventListener(
    'dragover',
    event => {
      event.preventDefault();
      zone.classList.add('pw-mod-over');
    },
    { signal }
  );
  zone.addEventListener(
    'dragleave',
    () => {
      zone.classList.remove('pw-mod-over');
    },
    { signal }
  );
  zone.addEventListener(
    'drop',
    event => {
      event.preventDefault();
      zone.classList.remove('pw-mod-over');
      take(event.dataTransfer?.files);
    },
    { signal }
  );
  const target = pasteTarget ?? element;
  target.addEventListener(
    'paste',
    event => {
      if (take((event as ClipboardEvent).clipboardData?.files)) {
        event.preventDefault();
      }
    },
    { signal }
  );
  signal.addEventListener('abort', () => {
    URL.revokeObjectURL(address);
  });
  const buttons = examples.map(({ picture }, number) => {
    const button = make('button', 'pw-Input-example pw-mod-picture');
    button.type = 'button';
    const image = make('img');
    image.alt = trans.__('Example %1', number + 1);
    image.src = picture;
    button.append(image);
    button.addEventListener(
      'click',
      () => {
        onExample(number);
      },
      { signal }
    );
    return button;
  });
  element.append(zone, ...exampleList(buttons, trans));
  return { element, show };
}

function exampleList(
  buttons: readonly HTMLElement[],
  trans: ITranslation
): HTMLElement[] {
  if (buttons.length === 0) {
    return [];
  }
  const list = make('div', 'pw-Input-examples');
  list.setAttribute('role', 'group');
  list.setAttribute('aria-label', trans.__('Examples'));
  list.append(...buttons);
  return [make('div', 'pw-Input-label', trans.__('Examples')), list];
}
