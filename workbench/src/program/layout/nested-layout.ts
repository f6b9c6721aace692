import type { FoldedGraph, IInnerEdge } from '../data/folded-graph';
import { EndKind } from '../data/folded-graph';
import type { Child } from '../data/layer-tree';
import { ROOT } from '../data/layer-tree';
import type { ProgramData } from '../data/program-data';
import { groupSize, opSize, TITLE_HEIGHT } from './label-size';
import { layeredLayout } from './layered-layout';
import type { IBox, ILayout, ILink } from './layout';

const PADDING = { top: TITLE_HEIGHT + 14, bottom: 16, side: 14 };
const ROOT_PADDING = { top: 20, bottom: 20, side: 20 };

/**
 * An open group with everything inside it placed.
 */
export interface IPlacedGroup {
  readonly layout: ILayout;
  /** The op or group of each box; null for a point on the border. */
  readonly members: readonly (Child | null)[];
  /** The open groups among the members. */
  readonly open: ReadonlyMap<Child, IPlacedGroup>;
  /** The edge of the whole graph that each inner edge belongs to, and its link in the layout. */
  readonly links: readonly { readonly edge: number; readonly link: number }[];
  /** Where lines cross the border, from its middle, by their origin. */
  readonly entries: ReadonlyMap<Child, number>;
  readonly exits: ReadonlyMap<Child, number>;
}

/** Lay out a group of a folded graph, starting with the open groups inside it. */
export function placeGroup(
  data: ProgramData,
  graph: FoldedGraph,
  group: number = ROOT
): IPlacedGroup {
  const boxes: IBox[] = [];
  const members: (Child | null)[] = [];
  const indices = new Map<string, number>();
  const put = (name: string, child: Child | null, box: IBox): number => {
    indices.set(name, boxes.length);
    members.push(child);
    return boxes.push(box) - 1;
  };
  const open = new Map<Child, IPlacedGroup>();
  for (const child of graph.tree.group(group).children) {
    const name = nameOf(EndKind.Child, child);
    if (child >= 0) {
      put(name, child, opSize(data.opKind(child)));
    } else if (graph.isOpen(~child)) {
      const placed = placeGroup(data, graph, ~child);
      const title = groupSize(graph.tree.group(~child));
      open.set(child, placed);
      put(name, child, {
        width: Math.max(placed.layout.width, title.width),
        height: Math.max(placed.layout.height, title.height)
      });
    } else {
      put(name, child, groupSize(graph.tree.group(~child)));
    }
  }
  const end = (kind: EndKind, child: Child): number => {
    const name = nameOf(kind, child);
    const side = kind === EndKind.Entry ? 'top' : 'bottom';
    return (
      indices.get(name) ??
      put(name, null, { width: 0, height: 0, border: side })
    );
  };
  const linkOf = new Map<string, number>();
  const links: ILink[] = [];
  const edges = graph.inner.get(group) ?? [];
  const placedEdges = edges.map(edge => {
    const from = end(edge.fromKind, edge.from);
    const to = end(edge.toKind, edge.to);
    const net = graph.edges[edge.edge]?.from ?? 0;
    const key = `${from} ${to} ${net}`;
    let link = linkOf.get(key);
    if (link === undefined) {
      link = links.push({ from, to, net, ...crossings(edge, net, open) }) - 1;
      linkOf.set(key, link);
    }
    return { edge: edge.edge, link };
  });
  const padding = group === ROOT ? ROOT_PADDING : PADDING;
  const layout = layeredLayout(boxes, links, padding);
  const borders = (kind: EndKind): Map<Child, number> => {
    const places = new Map<Child, number>();
    for (const { from, fromKind, to, toKind } of edges) {
      const child = fromKind === kind ? from : toKind === kind ? to : null;
      if (child !== null) {
        const at = indices.get(nameOf(kind, child)) ?? 0;
        places.set(child, (layout.x[at] ?? 0) - layout.width / 2);
      }
    }
    return places;
  };
  return {
    layout,
    members,
    open,
    links: placedEdges,
    entries: borders(EndKind.Entry),
    exits: borders(EndKind.Exit)
  };
}

function nameOf(kind: EndKind, child: Child): string {
  return `${kind} ${child}`;
}

/** Where a link meets the borders of open groups at its ends, from their middle. */
function crossings(
  edge: IInnerEdge,
  net: Child,
  open: ReadonlyMap<Child, IPlacedGroup>
): Pick<ILink, 'fromX' | 'toX'> {
  const fromX =
    edge.fromKind === EndKind.Child
      ? open.get(edge.from)?.exits.get(net)
      : undefined;
  const toX =
    edge.toKind === EndKind.Child
      ? open.get(edge.to)?.entries.get(net)
      : undefined;
  return {
    ...(fromX === undefined ? {} : { fromX }),
    ...(toX === undefined ? {} : { toX })
  };
}
