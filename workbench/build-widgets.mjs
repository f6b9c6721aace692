/**
 * Bundles each widget of paddle_workbench/widgets/front_end into widgets/static.
 *
 * `front_end/NAME.ts` and `NAME.css` become `static/NAME.js` and `NAME.css`: one file each, because
 * anywidget loads them from a Blob URL, where a relative import leads nowhere. A worker is imported
 * as `./path.worker?source` and arrives as the text of its own bundle. `front_end/bundle/node-runner.ts`
 * becomes `bundle-node.mjs`, which runs in Node what a page of a bundle runs in the browser,
 * `front_end/bundle/report-frames.ts` becomes `report-frames.js`, a script of converted notebooks, and
 * the WebAssembly of ONNX Runtime Web is put next to them. With `--watch` it goes on, and bundles
 * again what changes.
 */
import { build, context } from 'esbuild';
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  writeFile
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const ROOM = join(import.meta.dirname, 'paddle_workbench', 'widgets');
const SOURCES = join(ROOM, 'front_end');
const STATIC = join(ROOM, 'static');
const LICENSES = join(import.meta.dirname, 'licenses');
const RUNTIME = join(
  import.meta.dirname,
  'node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm'
);
const OPTIONS = {
  bundle: true,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  minify: true,
  target: 'es2022'
};

const workerSource = {
  name: 'worker-source',
  setup(bundler) {
    bundler.onResolve(
      { filter: /\.worker\?source$/ },
      ({ path, importer }) => ({
        namespace: 'worker-source',
        path: resolve(dirname(importer), path.replace('?source', '.ts'))
      })
    );
    bundler.onLoad(
      { filter: /.*/, namespace: 'worker-source' },
      async ({ path }) => {
        const { metafile, outputFiles } = await build({
          ...OPTIONS,
          entryPoints: [path],
          format: 'iife',
          metafile: true,
          write: false
        });
        const watchFiles = Object.keys(metafile.inputs).map(name =>
          resolve(name)
        );
        return { contents: outputFiles[0].text, loader: 'text', watchFiles };
      }
    );
  }
};

// The static twins are written in Python, in the same words.
const staticTwins = {
  name: 'static-twins',
  setup(bundler) {
    bundler.onEnd(async () => {
      for (const name of files.filter(name => name.endsWith('.zh.json'))) {
        await copyFile(join(SOURCES, name), join(STATIC, name));
      }
    });
  }
};

// Their licences ask for it: whoever has a copy of the code has the notice too.
const thirdPartyLicenses = {
  name: 'third-party-licenses',
  setup(bundler) {
    bundler.onEnd(async ({ metafile }) => {
      const packages = new Set(
        Object.keys(metafile?.inputs ?? {}).flatMap(
          path => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []
        )
      );
      const notices = [...packages].sort().map(async path => {
        const { name, version } = JSON.parse(
          await readFile(join(path, 'package.json'), 'utf-8')
        );
        // These packages are published without their licence.
        const file = name.startsWith('onnxruntime-')
          ? join(LICENSES, 'onnxruntime.txt')
          : join(path, 'LICENSE');
        const license = await readFile(file, 'utf-8');
        return `${name} ${version}\n\n${license}`;
      });
      const text = (await Promise.all(notices)).join('\n\n');
      await writeFile(join(STATIC, 'third-party-licenses.txt'), text);
    });
  }
};

await rm(STATIC, { recursive: true, force: true });
await mkdir(STATIC, { recursive: true });
const files = await readdir(SOURCES);
const options = {
  ...OPTIONS,
  // ONNX Runtime Web looks for its files there, which it never needs, and fails in a frame, whose
  // scripts have the address `about:srcdoc`.
  define: { 'import.meta.url': '"https://page.invalid/"' },
  entryPoints: files
    .filter(name => /\.(ts|css)$/.test(name) && !name.endsWith('.d.ts'))
    .map(name => join(SOURCES, name)),
  format: 'esm',
  metafile: true,
  outdir: STATIC,
  plugins: [workerSource, staticTwins, thirdPartyLicenses]
};
const nodeOptions = {
  ...OPTIONS,
  entryPoints: [join(SOURCES, 'bundle/node-runner.ts')],
  // The modules of Node; and what ONNX Runtime Web imports if it runs in Node.
  external: ['node:*', 'module', 'worker_threads'],
  format: 'esm',
  outfile: join(STATIC, 'bundle-node.mjs')
};
const reportOptions = {
  ...OPTIONS,
  entryPoints: [join(SOURCES, 'bundle/report-frames.ts')],
  format: 'iife',
  outfile: join(STATIC, 'report-frames.js')
};
await writeFile(
  join(STATIC, 'onnxruntime-web.wasm.gz'),
  gzipSync(await readFile(RUNTIME), { level: 9 })
);
for (const each of [options, nodeOptions, reportOptions]) {
  if (process.argv.includes('--watch')) {
    const watcher = await context({ ...each, logLevel: 'info' });
    await watcher.watch();
  } else {
    await build(each);
  }
}
