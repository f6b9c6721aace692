import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';

const CONTEXT = 'schema';
const TRANSLATED_KEYS = new Set([
  'title',
  'description',
  'jupyter.lab.setting-icon-label'
]);

/**
 * Translate what people read in a settings schema.
 *
 * The server does this only for domains that a language pack of JupyterLab holds
 * (jupyterlab_server, `TranslationBundle.update_locale`).
 */
export function translateSchema(
  schema: ISettingRegistry.ISchema,
  trans: TranslationBundle
): ISettingRegistry.ISchema {
  return translate(schema, trans) as ISettingRegistry.ISchema;
}

function translate(value: unknown, trans: TranslationBundle): unknown {
  if (Array.isArray(value)) {
    return value.map(item => translate(item, trans));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [
      key,
      typeof item === 'string' && TRANSLATED_KEYS.has(key)
        ? // eslint-disable-next-line jupyter/no-dynamic-translation -- a test holds schema and catalog equal
          trans._p(CONTEXT, item)
        : translate(item, trans)
    ])
  );
}
