import { FoldedGraph } from '../data/folded-graph';
import { LayerTree } from '../data/layer-tree';
import { ProgramData } from '../data/program-data';
import type { IScene } from './scene';
import { SceneWriter } from './scene-writer';

/** Which part of a program to draw. */
export interface ISceneRequest {
  readonly stage: number;
  /** Keys of the open groups; null for those that are open initially. */
  readonly open: readonly string[] | null;
  /** Also open the groups around these rows. */
  readonly reveal: readonly number[];
  readonly constants: boolean;
}

export interface ISceneAnswer {
  readonly scene: IScene;
  /** Keys of the groups that are open now. */
  readonly open: readonly string[];
}

/**
 * Creates the scenes of one program; runs in a worker.
 */
export class GraphEngine {
  constructor(bytes: DataView) {
    this._data = new ProgramData(bytes);
  }

  answer({ stage, open, reveal, constants }: ISceneRequest): ISceneAnswer {
    const tree = this._tree(stage, constants);
    const keys = open === null ? tree.firstOpen() : new Set(open);
    for (const row of reveal) {
      for (const group of tree.around(row)) {
        keys.add(tree.group(group).key);
      }
    }
    const graph = new FoldedGraph(this._data, stage, tree, keys);
    const scene = new SceneWriter(this._data, graph).scene(stage);
    return { scene, open: [...keys] };
  }

  /** Keys of all groups of a stage. */
  allGroups(stage: number, constants: boolean): string[] {
    return this._tree(stage, constants).groups.map(group => group.key);
  }

  private _tree(stage: number, constants: boolean): LayerTree {
    const key = `${stage} ${String(constants)}`;
    let tree = this._trees.get(key);
    if (!tree) {
      tree = new LayerTree(this._data, stage, { constants });
      this._trees.set(key, tree);
    }
    return tree;
  }

  private readonly _data: ProgramData;
  private readonly _trees = new Map<string, LayerTree>();
}
