import { TITLE_HEIGHT } from '../layout/label-size';
import type { IPalette } from './palette';
import { ShapeKind } from './scene';
import type { SceneIndex } from './scene-index';
import type { ILook } from './scene-painter';
import { paintScene } from './scene-painter';
import { Viewport } from './viewport';

const SVG = 'http://www.w3.org/2000/svg';
const PNG_SCALE = 2;
/** Browsers refuse canvases with longer sides than this. */
const LONGEST_SIDE = 16_000;

/** The whole scene as a self-contained SVG document. */
export function pictureAsSvg(
  index: SceneIndex,
  look: ILook,
  palette: IPalette
): string {
  const { scene } = index;
  const root = document.createElementNS(SVG, 'svg');
  const put = (
    parent: Element,
    name: string,
    attributes: Record<string, string | number>
  ): Element => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) {
      node.setAttribute(key, String(value));
    }
    parent.append(node);
    return node;
  };
  root.setAttribute('xmlns', SVG);
  root.setAttribute('viewBox', `0 0 ${scene.width} ${scene.height}`);
  root.setAttribute('width', String(scene.width));
  root.setAttribute('height', String(scene.height));
  put(root, 'rect', {
    width: scene.width,
    height: scene.height,
    fill: palette.back
  });
  const groups = put(root, 'g', { stroke: palette.line, fill: palette.back });
  const lines = put(root, 'path', {
    d: linesPath(scene.lines),
    fill: 'none',
    stroke: palette.faint
  });
  const boxes = put(root, 'g', { stroke: palette.faint });
  lines.after(boxes);
  const texts = put(root, 'g', {
    fill: palette.text,
    'font-family': palette.font,
    'font-size': 12
  });
  scene.child.forEach((_, box) => {
    const { x, y, width, height } = index.rectangle(box);
    const isOpen = scene.kind[box] === ShapeKind.Open;
    const isFolded = scene.kind[box] === ShapeKind.Folded;
    const isLit = look.lit.has(box);
    put(isOpen ? groups : boxes, 'rect', {
      x,
      y,
      width,
      height,
      rx: 4,
      ...(isOpen ? {} : { fill: isFolded ? palette.raised : palette.back }),
      ...(isLit ? { stroke: palette.accent, 'stroke-width': 2 } : {})
    });
    const text = put(texts, 'text', {
      x: isOpen ? x + 12 : x + width / 2,
      y: isOpen ? y + TITLE_HEIGHT / 2 + 4 : y + height / 2 + 4,
      'text-anchor': isOpen ? 'start' : 'middle'
    });
    text.textContent = isFolded
      ? `${look.title(box)} · ${look.subtitle(box)}`
      : look.title(box);
  });
  return new XMLSerializer().serializeToString(root);
}

function linesPath(lines: Float64Array): string {
  const parts: string[] = [];
  const round = (value: number | undefined): string => (value ?? 0).toFixed(1);
  for (let at = 0; at < lines.length; at += 4) {
    const x1 = round(lines[at]);
    const x2 = round(lines[at + 2]);
    const middle = round(((lines[at + 1] ?? 0) + (lines[at + 3] ?? 0)) / 2);
    const y2 = round(lines[at + 3]);
    parts.push(
      `M${x1} ${round(lines[at + 1])}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}`
    );
  }
  return parts.join('');
}

/** The whole scene as PNG, scaled down if a canvas cannot be that large. */
export async function pictureAsPng(
  index: SceneIndex,
  look: ILook,
  palette: IPalette
): Promise<Blob> {
  const { width, height } = index.scene;
  const scale = Math.min(PNG_SCALE, LONGEST_SIDE / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const context = canvas.getContext('2d');
  if (!context) {
    throw new Error('This browser has no canvas.');
  }
  context.fillStyle = palette.back;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const view = new Viewport();
  view.scale = scale;
  view.width = canvas.width;
  view.height = canvas.height;
  paintScene(context, index, view, palette, look);
  return new Promise((resolve, reject) => {
    canvas.toBlob(blob => {
      if (blob) {
        resolve(blob);
      } else {
        reject(new Error(`No picture of ${canvas.width} × ${canvas.height}.`));
      }
    }, 'image/png');
  });
}

/** Have the browser save something under a name. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
