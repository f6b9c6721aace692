/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

/**
 * The page of a code, in one language.
 */
export interface CodePage {
  code: string;
  title: string;
  language: 'zh' | 'en';
  markdown: string;
}
