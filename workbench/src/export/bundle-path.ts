import { RECORD } from './tokens';

/** The document to open for a folder with a bundle, or for a bundle in a zip file. */
export function documentOf(path: string): string {
  const isFile = path.toLowerCase().endsWith('.zip') || nameOf(path) === RECORD;
  if (isFile) {
    return path;
  }
  return path === '' ? RECORD : `${path}/${RECORD}`;
}

/** The bundle of a document: the folder of `bundle.json`, or the zip file. */
export function bundleOf(document: string): string {
  return nameOf(document) === RECORD
    ? document.slice(0, -RECORD.length).replace(/\/$/, '') || '.'
    : document;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.split('/').pop() ?? path;
}
