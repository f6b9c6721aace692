import { Drawing } from './drawing';
import type { Draw } from './drawing';
import { KernelGuard } from './kernel-guard';
import type { IModel, ITraits } from './model';
import type { Texts } from './translation';

/** What anywidget calls. */
export interface IWidget<Traits extends ITraits> {
  render(context: { model: IModel<Traits>; el: HTMLElement }): () => void;
}

/**
 * Make what anywidget loads: a widget that is redrawn when its language changes, takes its
 * listeners back, shows a failure in its own place, and stops when its kernel is gone.
 */
export function defineWidget<Traits extends ITraits>(
  chinese: Texts,
  draw: Draw<Traits>
): IWidget<Traits> {
  return {
    render({ model, el }) {
      const guard = new KernelGuard({
        model,
        el,
        onGone: isStale => {
          if (isStale) {
            restart();
          } else {
            drawing.freeze();
          }
        }
      });
      const start = (): Drawing<Traits> =>
        new Drawing({ chinese, draw, el, guard });
      const restart = (): void => {
        drawing.end();
        drawing = start();
        if (guard.isGone) {
          drawing.freeze();
        }
      };
      let drawing = start();
      model.on('change:lang', restart);
      return () => {
        model.off('change:lang', restart);
        guard.dispose();
        drawing.end();
      };
    }
  };
}
