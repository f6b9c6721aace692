import type { ITranslation } from '../../../../src/translation';

export type { ITranslation };
export type Language = 'zh' | 'en';

/** Chinese texts by their English ones. */
export type Texts = Readonly<Record<string, string>>;

/**
 * The texts of a widget, which brings its own: it also runs where JupyterLab is not.
 */
export class WidgetTranslation implements ITranslation {
  constructor(language: Language, chinese: Texts) {
    this._texts = language === 'zh' ? chinese : {};
  }

  /** Return a text with `%1`, `%2` … replaced by the values. */
  __(text: string, ...values: (string | number)[]): string {
    const message = this._texts[text] ?? text;
    return message.replace(/%(\d)/g, (mark: string, digit: string) =>
      String(values[Number(digit) - 1] ?? mark)
    );
  }

  private readonly _texts: Texts;
}
