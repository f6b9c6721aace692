/**
 * Translates texts: JupyterLab's TranslationBundle, or a widget's own.
 */
export interface ITranslation {
  __(text: string, ...values: (string | number)[]): string;
}
