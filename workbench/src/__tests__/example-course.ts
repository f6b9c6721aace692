import type { Catalog, Exercise, ExerciseResult, Lesson } from '../contract';

/** A lesson that was not started, with what a test wants different. */
export function exampleLesson(changes: Partial<Lesson> = {}): Lesson {
  return {
    lesson: 'start/environment',
    number: '0.1',
    title: { zh: '环境', en: 'Environment' },
    objectives: { zh: ['看懂报告'], en: ['Read the report'] },
    minutes: 5,
    device: 'any',
    requires: [],
    state: 'new',
    exercises: [],
    paths: {},
    outdated: false,
    ...changes
  };
}

/** An exercise that was not tried, with what a test wants different. */
export function exampleExercise(changes: Partial<Exercise> = {}): Exercise {
  return {
    exercise: 'masked_mean',
    title: { zh: '带掩码的均值', en: 'A mean with a mask' },
    points: 2,
    progress: { state: 'untried', attempts: 0, hint: null },
    ...changes
  };
}

/** Two chapters with three lessons; the second lesson has an exercise and a working copy. */
export function exampleCatalog(changes: Partial<Catalog> = {}): Catalog {
  return {
    title: { zh: '飞桨工作台', en: 'Paddle Workbench' },
    chapters: [
      {
        chapter: 'start',
        number: '00',
        title: { zh: '起步', en: 'Getting started' },
        lessons: [exampleLesson({ state: 'done' })]
      },
      {
        chapter: 'dynamic_graph',
        number: '01',
        title: { zh: '动态图', en: 'The dynamic graph' },
        lessons: [
          exampleLesson({
            lesson: 'dynamic_graph/text_classifier',
            number: '1.1',
            title: { zh: '文本分类器', en: 'A text classifier' },
            objectives: { zh: ['训练网络'], en: ['Train the network'] },
            minutes: 15,
            requires: ['start/environment'],
            state: 'started',
            exercises: [exampleExercise()],
            paths: { zh: 'lessons/dynamic_graph/text_classifier.ipynb' }
          }),
          exampleLesson({
            lesson: 'dynamic_graph/training_loop',
            number: '1.2',
            title: { zh: '训练循环', en: 'The training loop' },
            objectives: { zh: ['写出循环'], en: ['Write the loop'] },
            minutes: 20,
            device: 'gpu'
          })
        ]
      }
    ],
    next_lesson: 'dynamic_graph/text_classifier',
    notices: [],
    ...changes
  };
}

/** A failed check, with what a test wants different. */
export function exampleResult(
  changes: Partial<ExerciseResult> = {}
): ExerciseResult {
  return {
    lesson: 'dynamic_graph/text_classifier',
    exercise: 'masked_mean',
    passed: false,
    points: 0,
    max_points: 2,
    attempts: 1,
    mistake: 'counts_padding',
    message: { zh: '填充也被算进去了。', en: 'Padding was counted, too.' },
    expected: '42',
    found: '63',
    solution: null,
    ...changes
  };
}
