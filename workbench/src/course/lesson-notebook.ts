import type { ICellModel } from '@jupyterlab/cells';
import { isCodeCellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { ExerciseResult } from '../contract';
import type { Language } from '../language';
import { isLanguage } from '../language';
import { EXERCISE_MIME_TYPE, parseExerciseResult } from './exercise-result';
import type { IMetric } from './metric';
import { METRIC_MIME_TYPE, parseMetric } from './metric';

const METADATA_KEY = 'paddle_workbench';

/**
 * What a notebook's metadata says about its lesson. A learner's notebook is never changed.
 */
export interface ILessonNotebook {
  readonly lesson: string;
  readonly language: Language | null;
}

/** Read the lesson of a notebook; null if the notebook is not a lesson. */
export function readLesson(
  notebook: INotebookModel | null
): ILessonNotebook | null {
  const metadata: unknown = notebook?.getMetadata(METADATA_KEY);
  if (typeof metadata !== 'object' || metadata === null) {
    return null;
  }
  const { lesson, language } = metadata as Record<string, unknown>;
  if (typeof lesson !== 'string') {
    return null;
  }
  return { lesson, language: isLanguage(language) ? language : null };
}

/** The index of an exercise's cell, or -1. */
export function findExercise(
  notebook: INotebookModel,
  exercise: string
): number {
  return Array.from(notebook.cells).findIndex(cell => {
    const grading: unknown = cell.getMetadata('nbgrader');
    return (
      typeof grading === 'object' &&
      grading !== null &&
      (grading as Record<string, unknown>).grade_id === exercise
    );
  });
}

/** The exercise results among a cell's outputs. */
export function readExerciseResults(cell: ICellModel): ExerciseResult[] {
  return readOutputs(cell, EXERCISE_MIME_TYPE, parseExerciseResult);
}

/** The metrics of a notebook, the last value of each name. */
export function readMetrics(notebook: INotebookModel): IMetric[] {
  const metrics = new Map<string, IMetric>();
  for (const cell of notebook.cells) {
    for (const metric of readOutputs(cell, METRIC_MIME_TYPE, parseMetric)) {
      metrics.set(metric.name, metric);
    }
  }
  return [...metrics.values()];
}

function readOutputs<T>(
  cell: ICellModel,
  mimeType: string,
  parse: (content: unknown) => T | null
): T[] {
  if (!isCodeCellModel(cell)) {
    return [];
  }
  const values: T[] = [];
  for (let index = 0; index < cell.outputs.length; index++) {
    const value = parse(cell.outputs.get(index).data[mimeType]);
    if (value !== null) {
      values.push(value);
    }
  }
  return values;
}
