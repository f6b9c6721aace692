import {
  MicroscopeModel,
  MicroscopeView
} from '../../../src/program/microscope';
import workerSource from '../../../src/program/scene/graph.worker?source';
import type { ITraits } from './base/model';
import { defineWidget } from './base/widget';
import chinese from './program-microscope.zh.json';

interface IMicroscopeTraits extends ITraits {
  /** The capture as columns. */
  columns: DataView;
  /** The id of the op to start with; null for none. */
  op: number | null;
}

export default defineWidget<IMicroscopeTraits>(
  chinese,
  ({ model, root, trans, signal }) => {
    const url = URL.createObjectURL(
      new Blob([workerSource], { type: 'text/javascript' })
    );
    const microscope = new MicroscopeModel(
      model.get('columns'),
      () => new Worker(url)
    );
    const view = new MicroscopeView(
      microscope,
      trans,
      model.get('lang'),
      signal
    );
    root.classList.add('pw-MicroscopeWidget');
    root.append(view.node);
    const op = model.get('op');
    if (op !== null) {
      void microscope.light(op);
    }
    return () => {
      microscope.dispose();
      URL.revokeObjectURL(url);
    };
  }
);
