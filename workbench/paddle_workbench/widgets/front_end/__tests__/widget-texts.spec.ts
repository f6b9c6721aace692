import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import { importsOf } from '../../../../src/__tests__/imports';
import { messagesIn, placeholders } from '../../../../src/__tests__/messages';

const FRONT_END = join(__dirname, '..');
const ROOM = join(FRONT_END, '..');
const CATALOG = join(ROOM, '../locale/zh_CN/LC_MESSAGES/paddle_workbench.json');

const widgets = readdirSync(FRONT_END)
  .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map(name => name.replace(/\.ts$/, ''));

const catalog = read(CATALOG) as Record<string, string[]>;

describe('the texts of the widgets', () => {
  it('are all in Chinese, and no others', () => {
    for (const widget of widgets) {
      const used = [...new Set([...textsOf(widget), ...twinTextsOf(widget)])];
      expect([widget, ...Object.keys(table(widget)).sort()]).toEqual([
        widget,
        ...used.sort()
      ]);
    }
  });

  it('keep their placeholders, and are not empty', () => {
    const wrong = widgets.flatMap(widget =>
      Object.entries(table(widget)).filter(
        ([text, chinese]) =>
          chinese === '' || marksOf(text).join() !== marksOf(chinese).join()
      )
    );
    expect(wrong).toEqual([]);
  });

  it('match the panels of JupyterLab for shared texts', () => {
    const different = widgets.flatMap(widget =>
      Object.entries(table(widget)).filter(
        ([text, chinese]) => (catalog[text] ?? [chinese])[0] !== chinese
      )
    );
    expect(different).toEqual([]);
  });
});

function read(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf-8'));
}

function table(widget: string): Record<string, string> {
  return read(join(FRONT_END, `${widget}.zh.json`)) as Record<string, string>;
}

function marksOf(text: string): string[] {
  return [...placeholders(text), ...(text.match(/\{\w+\}/g) ?? []).sort()];
}

/** What the modules ask for that a widget is bundled from. */
function textsOf(widget: string): string[] {
  const seen = new Set<string>();
  const left = [join(FRONT_END, `${widget}.ts`)];
  const messages: string[] = [];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (seen.has(path)) {
      continue;
    }
    seen.add(path);
    const text = readFileSync(path, 'utf-8');
    messages.push(...messagesIn(path, text));
    left.push(...importsOf(path, text));
  }
  return messages;
}

/** What the widget's static twin says, which is written in Python. */
function twinTextsOf(widget: string): string[] {
  return readdirSync(ROOM)
    .filter(name => name.endsWith('.py'))
    .map(name => readFileSync(join(ROOM, name), 'utf-8'))
    .filter(text => text.includes(`front_end="${widget}"`))
    .flatMap(text => [...text.matchAll(/\.text\(\s*"((?:[^"\\]|\\.)*)"/g)])
    .map(match => match[1] ?? '');
}
