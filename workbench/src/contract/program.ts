/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

/**
 * A saved program, ready to be drawn.
 */
export interface ProgramPicture {
  path: string;
  /**
   * pir, pdmodel, onnx or capture.
   */
  format: string;
  version: string;
  /**
   * What `program.model.columns` writes, in base64.
   */
  columns: string;
}

/**
 * A saved program to show.
 */
export interface ProgramRequest {
  /**
   * As the contents API names it.
   */
  path: string;
}
