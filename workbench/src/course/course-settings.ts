import { PageConfig } from '@jupyterlab/coreutils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ITranslator } from '@jupyterlab/translation';
import type { Language } from '../language';
import { interfaceLanguage, isLanguage } from '../language';

const OPENED_BY_WORKBENCH = 'paddleWorkbenchLab';
const LANGUAGE_OF_WORKBENCH = 'paddleWorkbenchLanguage';

/** Whether the course panel opens by itself. */
export function opensOnStart(
  settings: ISettingRegistry.ISettings | null
): boolean {
  switch (settings?.composite.openOnStart) {
    case 'always':
      return true;
    case 'never':
      return false;
    default:
      return PageConfig.getOption(OPENED_BY_WORKBENCH) === 'true';
  }
}

/**
 * The language in which lessons are opened: the setting, the start option, or the interface
 * language.
 */
export function lessonLanguage(
  settings: ISettingRegistry.ISettings | null,
  translator: ITranslator
): Language {
  for (const choice of [
    settings?.composite.lessonLanguage,
    PageConfig.getOption(LANGUAGE_OF_WORKBENCH)
  ]) {
    if (isLanguage(choice)) {
      return choice;
    }
  }
  return interfaceLanguage(translator);
}
