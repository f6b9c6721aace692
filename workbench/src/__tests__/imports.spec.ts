import { readdirSync, readFileSync } from 'fs';
import { join, relative } from 'path';
import { importsOf } from './imports';

const ROOT = join(__dirname, '..', '..');
const FRONT_END = 'paddle_workbench/widgets/front_end';

/** The features, each with the others that it may import from. */
const FEATURES: Readonly<Record<string, readonly string[]>> = {
  checks: ['course', 'jobs'],
  codes: [],
  course: ['jobs'],
  environment: ['jobs'],
  export: ['jobs', 'program'],
  jobs: [],
  ocr: [],
  program: [],
  runs: ['course', 'jobs'],
  twins: []
};

/** The folders of `src/program`: each may import from those before it. */
const PROGRAM_FOLDERS = ['data', 'layout', 'scene', 'microscope'];

/** All that widgets import from `src`. */
const FRONT_DOORS = [
  'src/contract/bundle.ts',
  'src/contract/compression.ts',
  'src/contract/load.ts',
  'src/contract/page.ts',
  'src/page-frame.ts',
  'src/program/microscope/index.ts',
  'src/program/scene/graph.worker.ts',
  'src/translation.ts'
];

const imports = new Map(
  ['src', FRONT_END].flatMap(sourceFiles).map(name => {
    const path = join(ROOT, name);
    const paths = importsOf(path, readFileSync(path, 'utf-8'));
    return [name, paths.map(target => relative(ROOT, target))];
  })
);
const pairs = [...imports].flatMap(([from, paths]) =>
  paths.map(to => ({ from, to }))
);

describe('imports, those of types included', () => {
  it('do not go in circles', () => {
    expect(circles()).toEqual([]);
  });

  it('lead from one feature to another only as planned', () => {
    const isAllowed = (from: string, to: string): boolean => {
      const feature = featureOf(to);
      const own = featureOf(from);
      return (
        feature === undefined ||
        feature === own ||
        from === 'src/index.ts' ||
        (own !== undefined && (FEATURES[own]?.includes(feature) ?? false))
      );
    };
    expect(forbidden('src/', isAllowed)).toEqual([]);
  });

  it('lead from later to earlier folders of the program', () => {
    expect(
      forbidden('src/program/', (from, to) => {
        const own = PROGRAM_FOLDERS.indexOf(from.split('/')[2] ?? '');
        const at = PROGRAM_FOLDERS.indexOf(to.split('/')[2] ?? '');
        return (
          own < 0 || !to.startsWith('src/program/') || (at >= 0 && at <= own)
        );
      })
    ).toEqual([]);
  });

  it('lead from the widgets into src through front doors alone', () => {
    expect(
      forbidden(
        FRONT_END,
        (_, to) => to.startsWith(FRONT_END) || FRONT_DOORS.includes(to)
      )
    ).toEqual([]);
  });
});

function sourceFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf-8' })
    .filter(name => /\.tsx?$/.test(name) && !name.includes('__tests__'))
    .map(name => `${folder}/${name}`);
}

function featureOf(path: string): string | undefined {
  const [, feature] = /^src\/(\w+)\//.exec(path) ?? [];
  return feature === 'contract' ? undefined : feature;
}

function forbidden(
  folder: string,
  isAllowed: (from: string, to: string) => boolean
): string[] {
  return pairs
    .filter(({ from, to }) => from.startsWith(folder) && !isAllowed(from, to))
    .map(({ from, to }) => `${from} imports ${to}`);
}

function circles(): string[] {
  const done = new Set<string>();
  const result: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      result.push([...trail.slice(start), path].join(' → '));
    } else if (!done.has(path)) {
      imports.get(path)?.forEach(next => {
        visit(next, [...trail, path]);
      });
      done.add(path);
    }
  };
  for (const path of imports.keys()) {
    visit(path, []);
  }
  return result;
}
