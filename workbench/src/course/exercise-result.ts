import type { ExerciseResult } from '../contract';

/** The MIME type of an exercise result. */
export const EXERCISE_MIME_TYPE =
  'application/vnd.paddle-workbench.exercise+json';

/** Read an exercise result from an output; null if the output is something else. */
export function parseExerciseResult(content: unknown): ExerciseResult | null {
  if (typeof content !== 'object' || content === null) {
    return null;
  }
  const result = content as Partial<ExerciseResult>;
  const message: unknown = result.message;
  const isResult =
    typeof result.lesson === 'string' &&
    typeof result.exercise === 'string' &&
    typeof result.passed === 'boolean' &&
    typeof message === 'object' &&
    message !== null &&
    typeof (message as Record<string, unknown>).zh === 'string' &&
    typeof (message as Record<string, unknown>).en === 'string';
  return isResult ? (content as ExerciseResult) : null;
}
