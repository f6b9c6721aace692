import type { ISignal } from '@lumino/signaling';

/** Wait until something is true, looking each time a model changed. */
export function until<T>(
  model: { readonly changed: ISignal<T, void> },
  isReached: () => boolean
): Promise<void> {
  return new Promise(resolve => {
    const look = (): void => {
      if (isReached()) {
        model.changed.disconnect(look);
        resolve();
      }
    };
    model.changed.connect(look);
    look();
  });
}
