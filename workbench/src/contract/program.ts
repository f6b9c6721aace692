/* Made from paddle_workbench/contract/ by `make build`; do not edit. */

/**
 * A saved program, ready to be displayed.
 */
export interface ProgramPicture {
  path: string;
  /**
   * `pir`, `pdmodel`, `onnx` or `capture`.
   */
  format: string;
  version: string;
  /**
   * The program in the format of `program.model.columns`, in base64.
   */
  columns: string;
}

/**
 * A saved program to show.
 */
export interface ProgramRequest {
  /**
   * Its path in the contents API.
   */
  path: string;
}
