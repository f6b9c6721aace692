import type { ITranslator } from '@jupyterlab/translation';
import type { Text } from './contract';

/** The languages of the course. */
export type Language = keyof Text;

/** The domain of this extension's own translations. */
export const TRANSLATION_DOMAIN = 'paddle_workbench';

/** Whether a value from outside names a language of the course. */
export function isLanguage(value: unknown): value is Language {
  return value === 'zh' || value === 'en';
}

/** The language of the course that matches the user interface. */
export function interfaceLanguage(translator: ITranslator): Language {
  return translator.languageCode.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
