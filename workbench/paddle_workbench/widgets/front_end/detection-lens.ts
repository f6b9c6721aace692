import type { IModel } from './base/model';
import type { ITranslation } from './base/translation';
import { defineWidget } from './base/widget';
import { LensModel } from './detection-lens/lens-model';
import type { ILensSettings } from './detection-lens/lens-model';
import type { ILensTraits } from './detection-lens/lens-pictures';
import { rowsOf, unpackPictures } from './detection-lens/lens-pictures';
import { PictureList } from './detection-lens/picture-list';
import { FiguresPanel, anchorsFigure } from './detection-lens/side-panel';
import { Slider } from './detection-lens/slider';
import { Stage, kindSign, kindStyle } from './detection-lens/stage';
import { choice, make } from './text/elements';
import chinese from './detection-lens.zh.json';

// For the test that holds them equal to Python.
export { outcomeAt, shownBoxes } from './detection-lens/outcomes';

/** Smallest threshold, as in `widgets/detection_lens_input.py`. */
const LOWEST = 0.01;

/** Pictures whose boxes are all suppressed again at each movement; of more, only the one shown. */
const FEW = 30;

/** Milliseconds of rest after which the others follow. */
const REST_MS = 80;

/** Steps between pictures by key; the second of each pair is typed with a Chinese input method. */
const STEPS: Readonly<Record<string, number>> = {
  '[': -1,
  '【': -1,
  ']': 1,
  '】': 1
};

export default defineWidget<ILensTraits>(
  chinese,
  ({ model, root, trans, signal, onChange }) => {
    root.classList.add('pw-DetectionLens');
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', trans.__('Detection lens'));
    const hasTruth = model.get('has_truth');
    const lens = new LensModel(
      unpackPictures(
        model.get('pictures'),
        model.get('candidates'),
        model.get('truth')
      ),
      { limit: model.get('limit'), method: model.get('method') },
      hasTruth
    );
    const choose = (index: number): void => {
      model.set('index', index);
      model.save_changes();
    };
    const stage = new Stage({
      classes: model.get('classes'),
      hasTruth,
      trans,
      signal
    });
    const list = new PictureList({
      model: lens,
      hasTruth,
      trans,
      signal,
      onChoose: choose
    });
    const figures = new FiguresPanel(lens, hasTruth, trans);
    const step = (by: number): void => {
      const place = lens.order.indexOf(model.get('index'));
      const next = lens.order[place + by];
      if (next !== undefined) {
        choose(next);
      }
    };
    const bar = pictureBar(trans, signal, step);
    const failure = make('div', 'pw-Widget-failure');
    failure.setAttribute('role', 'alert');
    const summary = make('p', 'pw-DetectionLens-summary');
    summary.setAttribute('aria-live', 'polite');
    const incomplete = make('p', 'pw-Text-note');

    let timer: ReturnType<typeof setTimeout> | undefined;

    const drawPicture = (outcome = lens.outcomes[model.get('shown')]): void => {
      const index = model.get('index');
      const shown = model.get('shown');
      const picture = lens.pictures[shown];
      if (picture === undefined || outcome === undefined) {
        return;
      }
      bar.draw(lens.order.indexOf(index), lens, lens.pictures[index]?.name);
      // The kernel is still reading the picture that was chosen.
      stage.node.setAttribute('aria-busy', String(index !== shown));
      stage.draw(picture, outcome);
      stage.drawMap(model.get('objectness')[model.get('scale')], picture);
      summary.textContent = hasTruth
        ? trans.__(
            'This picture: %1 right, %2 invented, %3 missed.',
            outcome.right,
            outcome.invented,
            outcome.missed.length
          )
        : trans.__('This picture: %1 boxes.', outcome.boxes.length);
      incomplete.textContent =
        picture.completeAbove > threshold.value
          ? trans.__(
              'Below a score of %1 boxes are missing here: the lens has the %2 best of each picture.',
              picture.completeAbove.toFixed(2),
              picture.candidates.length
            )
          : '';
    };
    const settings = (): ILensSettings => ({
      threshold: threshold.value,
      iou: iou.value
    });
    const draw = (): void => {
      clearTimeout(timer);
      lens.update(settings());
      figures.draw();
      list.draw(model.get('index'));
      drawPicture();
    };
    const showPicture = (): void => {
      const shown = model.get('shown');
      stage.show(model.get('picture'), lens.pictures[shown]?.name ?? '');
      failure.textContent = model.get('failure');
      failure.hidden = model.get('failure') === '';
      list.draw(model.get('index'));
      drawPicture();
    };
    const slider = (
      name: 'threshold' | 'iou',
      label: string,
      hint: string
    ): Slider => {
      const result = new Slider({
        label,
        hint,
        lowest: name === 'threshold' ? LOWEST : 0,
        value: model.get(name),
        signal,
        onMove: (value, isAtRest) => {
          if (name === 'threshold' || isAtRest || lens.pictures.length <= FEW) {
            draw();
          } else {
            drawPicture(lens.preview(model.get('shown'), settings()));
            clearTimeout(timer);
            timer = setTimeout(draw, REST_MS);
          }
          if (isAtRest) {
            model.set(name, value);
            model.save_changes();
          }
        }
      });
      onChange(name, () => {
        if (result.value !== model.get(name)) {
          result.value = model.get(name);
          draw();
        }
      });
      return result;
    };
    const threshold = slider(
      'threshold',
      trans.__('Threshold'),
      trans.__('Boxes with a lower score are left out.')
    );
    const iou = slider(
      'iou',
      trans.__('Overlap (NMS)'),
      trans.__('Of two boxes that overlap by more, the better is shown.')
    );
    const scales = scaleChoice(model, trans);
    scales.select.addEventListener(
      'change',
      () => {
        model.set('scale', Number(scales.select.value));
        model.save_changes();
      },
      { signal }
    );
    onChange('scale', () => {
      scales.select.value = String(model.get('scale'));
      drawPicture();
    });
    onChange('index', () => {
      list.draw(model.get('index'));
      drawPicture();
    });
    onChange('shown', showPicture);
    onChange('picture', showPicture);
    root.addEventListener(
      'keydown',
      event => {
        const by = STEPS[event.key];
        if (by !== undefined && !event.ctrlKey && !event.metaKey) {
          event.preventDefault();
          event.stopPropagation();
          step(by);
        }
      },
      { signal }
    );

    const controls = make('div', 'pw-DetectionLens-controls');
    controls.append(threshold.node, iou.node, scales.label);
    const pictures = make('div', 'pw-DetectionLens-pictures');
    pictures.append(
      make(
        'div',
        'pw-DetectionLens-title',
        hasTruth ? trans.__('Most mistakes first') : trans.__('Pictures')
      ),
      list.node
    );
    const middle = make('div', 'pw-DetectionLens-middle');
    middle.append(
      bar.node,
      failure,
      stage.node,
      summary,
      legend(model.get('classes'), hasTruth, trans),
      incomplete,
      stage.details
    );
    const results = make('div', 'pw-DetectionLens-results');
    results.append(
      make('div', 'pw-DetectionLens-title', allTitle(model, trans)),
      figures.node
    );
    if (hasTruth) {
      results.append(
        make('div', 'pw-DetectionLens-title', trans.__('Anchors')),
        anchorsFigure(
          rowsOf(model.get('sizes'), 3),
          model.get('anchors'),
          trans
        )
      );
    }
    const columns = make('div', 'pw-DetectionLens-columns');
    columns.append(controls, middle, pictures, results);
    root.append(columns);
    lens.update(settings());
    figures.draw();
    showPicture();
    return () => {
      clearTimeout(timer);
    };
  }
);

/** The title of what is true of all pictures, with what runs the network. */
function allTitle(model: IModel<ILensTraits>, trans: ITranslation): string {
  const runtime = model.get('runtime');
  return runtime === ''
    ? trans.__('All pictures')
    : trans.__('All pictures, with %1', runtime);
}

interface IPictureBar {
  readonly node: HTMLElement;
  draw(place: number, lens: LensModel, name: string | undefined): void;
}

/** The name of the picture between what goes to the one before and the one after. */
function pictureBar(
  trans: ITranslation,
  signal: AbortSignal,
  step: (by: number) => void
): IPictureBar {
  const node = make('div', 'pw-DetectionLens-bar');
  const name = make('span', 'pw-DetectionLens-name');
  const button = (text: string, by: number, key: string): HTMLButtonElement => {
    const element = make('button', 'pw-Text-button', text);
    element.title = trans.__('Key %1', key);
    element.setAttribute('aria-keyshortcuts', key);
    element.addEventListener(
      'click',
      () => {
        step(by);
      },
      { signal }
    );
    return element;
  };
  const previous = button(trans.__('Previous picture'), -1, '[');
  const next = button(trans.__('Next picture'), 1, ']');
  node.append(previous, name, next);
  return {
    node,
    draw: (place, { pictures }, title) => {
      const position = trans.__('Picture %1 of %2', place + 1, pictures.length);
      name.textContent = `${position} · ${title ?? ''}`;
      previous.disabled = place <= 0;
      next.disabled = place >= pictures.length - 1;
    }
  };
}

/** The choice of a scale whose objectness is shown. */
function scaleChoice(
  model: IModel<ILensTraits>,
  trans: ITranslation
): { label: HTMLElement; select: HTMLSelectElement } {
  const scales = model
    .get('anchors')
    .map(
      ({ stride }, at) =>
        [String(at), trans.__('cells of %1 px', stride)] as const
    );
  return choice(
    trans.__('Objectness'),
    [['-1', trans.__('off')] as const, ...scales],
    String(model.get('scale'))
  );
}

function legend(
  classes: readonly string[],
  hasTruth: boolean,
  trans: ITranslation
): HTMLElement {
  const line = make('p', 'pw-DetectionLens-legend');
  classes.forEach((name, kind) => {
    const item = make('span', 'pw-DetectionLens-kind');
    const sign = make('span', 'pw-DetectionLens-sign', kindSign(kind));
    sign.classList.add(kindStyle(kind));
    item.append(sign, ` ${name}`);
    line.append(item);
  });
  if (hasTruth) {
    line.append(
      make(
        'span',
        'pw-Text-note',
        trans.__('Solid: right. Dashed, +: invented. Dotted, −: missed.')
      )
    );
  }
  return line;
}
