/**
 * Writes the TypeScript of the contract into a folder: one file for each module of
 * paddle_workbench/contract, and an index.
 *
 *     python -m paddle_workbench.server.openapi --json-schema | node build-contract.mjs FOLDER
 *
 * The input has the JSON schema of each model by its name, for each module.
 */
import { compile } from 'json-schema-to-typescript';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

const BANNER =
  '/* Made from paddle_workbench/contract/ by `make build`; do not edit. */\n';
const OPTIONS = {
  additionalProperties: false,
  bannerComment: '',
  style: { printWidth: 80, singleQuote: true, trailingComma: 'none' }
};

const [folder] = process.argv.slice(2);
const modules = await json(process.stdin);
/** Return a schema that refers to other models by name: each has its own declaration. */
function withNames(schema, names) {
  return JSON.parse(JSON.stringify(schema), (_, value) => {
    const name = value?.$ref?.split('/').pop();
    if (name === undefined) {
      return value;
    }
    names.add(name);
    return { description: value.description, tsType: name };
  });
}

function importsOf(names, own) {
  return Object.entries(modules)
    .filter(([module]) => module !== own)
    .map(([module, models]) => [
      module,
      Object.keys(models).filter(name => names.has(name))
    ])
    .filter(([, list]) => list.length > 0)
    .map(([module, list]) => importLine(list, module))
    .join('');
}

/** As prettier writes it. */
function importLine(list, module) {
  const line = `import type { ${list.join(', ')} } from './${module}';\n`;
  return line.length <= OPTIONS.style.printWidth + 1
    ? line
    : `import type {\n  ${list.join(',\n  ')}\n} from './${module}';\n`;
}

await mkdir(folder, { recursive: true });
for (const [module, models] of Object.entries(modules)) {
  const names = new Set();
  const declarations = [];
  for (const [name, schema] of Object.entries(models)) {
    declarations.push(await compile(withNames(schema, names), name, OPTIONS));
  }
  const head = BANNER + importsOf(names, module);
  const text = [head, ...declarations].join('\n');
  await writeFile(join(folder, `${module}.ts`), text);
}
const index = Object.keys(modules).map(
  module => `export type * from './${module}';\n`
);
await writeFile(join(folder, 'index.ts'), `${BANNER}\n${index.join('')}`);
