import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import { DELIMITER, messagesIn, placeholders } from './messages';

const ROOT = join(__dirname, '..', '..');
const CATALOG = join(
  ROOT,
  'paddle_workbench/locale/zh_CN/LC_MESSAGES/paddle_workbench.json'
);

const SCHEMA_KEYS = ['title', 'description', 'jupyter.lab.setting-icon-label'];

const catalog = JSON.parse(readFileSync(CATALOG, 'utf-8')) as Record<
  string,
  unknown
>;
const translated = Object.keys(catalog).filter(key => key !== '');
const used = [...new Set([...sourceMessages(), ...schemaMessages()])];

describe('the Chinese translation', () => {
  it('has every message of the sources and schemas', () => {
    expect(used.filter(message => !translated.includes(message))).toEqual([]);
  });

  it('has no message that is used nowhere', () => {
    expect(translated.filter(message => !used.includes(message))).toEqual([]);
  });

  it('has one form for each message', () => {
    const wrong = translated.filter(message => {
      const forms = catalog[message];
      return !Array.isArray(forms) || forms.length !== 1 || forms[0] === '';
    });
    expect(wrong).toEqual([]);
  });

  // JupyterLab ignores translations of plurals into a language with one form.
  it('is not asked for plurals, which it could not give', () => {
    const plural = /\._np?\(/;
    expect(sourceFiles().filter(({ text }) => plural.test(text))).toEqual([]);
  });

  it('keeps the placeholders of each message', () => {
    const wrong = translated.filter(message => {
      const [form] = catalog[message] as string[];
      return placeholders(message).join() !== placeholders(form ?? '').join();
    });
    expect(wrong).toEqual([]);
  });

  it('has the header that JupyterLab needs', () => {
    expect(catalog['']).toEqual({
      domain: 'paddle_workbench',
      language: 'zh-CN',
      plural_forms: 'nplurals=1; plural=0;',
      version: 'paddle_workbench'
    });
  });
});

function sourceFiles(): { path: string; text: string }[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf-8' })
    .filter(path => /\.tsx?$/.test(path) && !path.includes('__tests__'))
    .map(path => ({
      path,
      text: readFileSync(join(ROOT, 'src', path), 'utf-8')
    }));
}

function sourceMessages(): string[] {
  return sourceFiles().flatMap(({ path, text }) => messagesIn(path, text));
}

function schemaMessages(): string[] {
  return readdirSync(join(ROOT, 'schema'))
    .filter(name => name.endsWith('.json'))
    .flatMap(name =>
      textsOf(JSON.parse(readFileSync(join(ROOT, 'schema', name), 'utf-8')))
    )
    .map(text => `schema${DELIMITER}${text}`);
}

function textsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    typeof item === 'string' && SCHEMA_KEYS.includes(key)
      ? [item]
      : textsOf(item)
  );
}
