import { nullTranslator } from '@jupyterlab/translation';
import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';
import {
  exampleExercise,
  exampleLesson,
  exampleResult
} from '../../__tests__/example-course';
import { ExerciseResultView } from '../exercise-result-view';
import type { ILessonBarViewProps } from '../lesson-bar-view';
import { LessonBarView } from '../lesson-bar-view';
import type { ILessonPanelViewProps } from '../lesson-panel-view';
import { LessonPanelView } from '../lesson-panel-view';

const trans = nullTranslator.load('paddle_workbench');

const hint = { zh: '看看掩码。', en: 'Look at the mask.' };
const passed = exampleExercise({
  exercise: 'count_tokens',
  progress: { state: 'passed', attempts: 1, hint: null }
});
const failed = exampleExercise({
  progress: { state: 'failed', attempts: 2, hint }
});

describe('LessonBarView', () => {
  function show(
    changes: Partial<ILessonBarViewProps> = {}
  ): ILessonBarViewProps {
    const props: ILessonBarViewProps = {
      failure: null,
      isLoaded: true,
      language: 'en',
      lesson: exampleLesson({ exercises: [passed, failed] }),
      next: exampleLesson({ lesson: 'start/runs' }),
      onExercises: jest.fn(),
      onObjectives: jest.fn(),
      onOpen: jest.fn(),
      onCheck: jest.fn(),
      onReset: jest.fn(),
      onRetry: jest.fn(),
      onToggleDone: jest.fn(),
      previous: null,
      trans,
      ...changes
    };
    render(<LessonBarView {...props} />);
    return props;
  }

  it('counts the exercises that are passed', () => {
    show();
    expect(screen.getByRole('button', { name: /Exercises 1\/2/ })).toBeTruthy();
  });

  it('shows no exercises if there are none', () => {
    show({ lesson: exampleLesson() });
    expect(screen.queryByRole('button', { name: /Exercises/ })).toBeNull();
  });

  it('goes to the next lesson, and not before the first', () => {
    const { onOpen } = show();
    fireEvent.click(screen.getByRole('button', { name: 'Next' }));
    expect(onOpen).toHaveBeenCalledWith(
      expect.objectContaining({ lesson: 'start/runs' })
    );
    const previous = screen.getByRole('button', { name: 'Previous' });
    expect(previous.hasAttribute('disabled')).toBe(true);
  });

  it('shows that a lesson is done', () => {
    show({ lesson: exampleLesson({ state: 'done' }) });
    const button = screen.getByRole('button', { name: /Done/ });
    expect(button.getAttribute('aria-pressed')).toBe('true');
  });

  it('shows that it is loading', () => {
    show({ isLoaded: false, lesson: null });
    expect(screen.getByRole('status').textContent).toBe('Loading the course…');
  });

  it('shows why the course could not be loaded, and retries', () => {
    const { onRetry } = show({
      failure: { message: 'No answer.', hint: 'Check it.' },
      isLoaded: false,
      lesson: null
    });
    expect(screen.getByRole('alert').textContent).toContain('No answer.');
    fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(onRetry).toHaveBeenCalledTimes(1);
  });

  it('shows that a lesson was removed from the course', () => {
    show({ lesson: null });
    expect(screen.getByText(/no longer in the course/)).toBeTruthy();
  });
});

describe('LessonPanelView', () => {
  function show(
    changes: Partial<ILessonPanelViewProps> = {}
  ): ILessonPanelViewProps {
    const props: ILessonPanelViewProps = {
      language: 'en',
      lesson: exampleLesson({ exercises: [passed, failed] }),
      metrics: [],
      onExercise: jest.fn(),
      onOpen: jest.fn(),
      required: [],
      trans,
      ...changes
    };
    render(<LessonPanelView {...props} />);
    return props;
  }

  it('explains what will appear if no lesson is open', () => {
    show({ lesson: null });
    expect(screen.getByText(/Open a lesson/)).toBeTruthy();
  });

  it('shows the last hint of an exercise that is not right yet', () => {
    show();
    expect(screen.getByText('Look at the mask.')).toBeTruthy();
    expect(screen.getByText('Attempts: 2')).toBeTruthy();
  });

  it('leads to the cell of an exercise', () => {
    const { onExercise } = show({
      lesson: exampleLesson({ exercises: [failed] })
    });
    fireEvent.click(screen.getByRole('button', { name: 'A mean with a mask' }));
    expect(onExercise).toHaveBeenCalledWith('masked_mean');
  });

  it('shows what the notebook recorded', () => {
    show({ metrics: [{ name: 'accuracy', value: 0.853421 }] });
    expect(screen.getByText('accuracy')).toBeTruthy();
    expect(screen.getByText('0.8534')).toBeTruthy();
  });

  it('leads to the lessons to do first', () => {
    const { onOpen } = show({ required: [exampleLesson()] });
    fireEvent.click(screen.getByRole('button', { name: '0.1 Environment' }));
    expect(onOpen).toHaveBeenCalledWith('start/environment');
  });
});

describe('ExerciseResultView', () => {
  it('shows only that it passed if it passed', () => {
    render(
      <ExerciseResultView
        language="en"
        result={exampleResult({
          passed: true,
          points: 2,
          expected: null,
          found: null
        })}
        trans={trans}
      />
    );
    const result = screen.getByRole('status');
    expect(result.textContent).toContain('Passed');
    expect(result.textContent).toContain('2 of 2 points');
    expect(screen.queryByText('Padding was counted, too.')).toBeNull();
  });

  it('shows hint, expected and found in the language of the lesson', () => {
    render(
      <ExerciseResultView
        language="zh"
        result={exampleResult()}
        trans={trans}
      />
    );
    expect(screen.getByText('填充也被算进去了。')).toBeTruthy();
    expect(screen.getByText('42')).toBeTruthy();
    expect(screen.getByText('63')).toBeTruthy();
  });

  it('keeps the solution closed until the learner asks', () => {
    render(
      <ExerciseResultView
        language="en"
        result={exampleResult({ solution: 'return 42' })}
        trans={trans}
      />
    );
    const details = screen.getByRole('group');
    expect(details.hasAttribute('open')).toBe(false);
    expect(details.textContent).toContain('return 42');
  });

  it('offers no solution before there is one', () => {
    render(
      <ExerciseResultView
        language="en"
        result={exampleResult()}
        trans={trans}
      />
    );
    expect(screen.queryByText('Show a solution')).toBeNull();
  });

  it('shows markup in an answer as text', () => {
    const markup = '<img src=x onerror=alert(1)>';
    const { container } = render(
      <ExerciseResultView
        language="en"
        result={exampleResult({ found: markup })}
        trans={trans}
      />
    );
    expect(container.querySelector('img')).toBeNull();
    expect(container.textContent).toContain(markup);
  });
});
