import { existsSync } from 'fs';
import { dirname, join } from 'path';
import { preProcessFile } from 'typescript';

/** The source files that a module imports: for good, for types, or later. */
export function importsOf(path: string, text: string): string[] {
  return preProcessFile(text)
    .importedFiles.map(({ fileName }) => fileName.replace('?source', ''))
    .filter(name => name.startsWith('.'))
    .map(name => join(dirname(path), name))
    .flatMap(base =>
      [`${base}.ts`, `${base}.tsx`, join(base, 'index.ts')]
        .filter(candidate => existsSync(candidate))
        .slice(0, 1)
    );
}
