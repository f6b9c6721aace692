/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

/**
 * The body of every failed request.
 */
export interface ErrorMessage {
  message: string;
  hint: string;
}

/**
 * A text in both languages of the course.
 */
export interface Text {
  zh: string;
  en: string;
}
