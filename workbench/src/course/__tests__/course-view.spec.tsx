import { nullTranslator } from '@jupyterlab/translation';
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';
import { exampleCatalog, exampleLesson } from '../../__tests__/example-course';
import type { ICourseViewProps } from '../course-view';
import { CourseView } from '../course-view';

const trans = nullTranslator.load('paddle_workbench');

function show(changes: Partial<ICourseViewProps> = {}): ICourseViewProps {
  const props: ICourseViewProps = {
    catalog: exampleCatalog(),
    currentLesson: null,
    failure: null,
    isLoading: false,
    language: 'en',
    notices: [],
    onDismiss: jest.fn(),
    onLanguage: jest.fn(),
    onMenu: jest.fn(),
    onOpen: jest.fn(),
    onRefresh: jest.fn(),
    onReset: jest.fn(),
    onToggleDone: jest.fn(),
    opening: null,
    trans,
    ...changes
  };
  render(<CourseView {...props} />);
  return props;
}

const item = (name: RegExp): HTMLElement =>
  screen.getByRole('treeitem', { name });

function focus(row: HTMLElement): void {
  act(() => {
    row.focus();
  });
}

function press(key: string): void {
  fireEvent.keyDown(document.activeElement ?? document.body, { key });
}

describe('CourseView', () => {
  it('shows that it is loading until there is a catalog', () => {
    show({ catalog: null, isLoading: true });
    expect(screen.getByText('Loading the course…')).toBeTruthy();
    expect(screen.queryByRole('tree')).toBeNull();
  });

  it('shows message, hint and Retry when the course cannot be read', () => {
    const { onRefresh } = show({
      catalog: null,
      failure: { message: 'course.json is broken.', hint: 'Restore it.' }
    });
    const alert = screen.getByRole('alert');
    expect(alert.textContent).toContain('course.json is broken.');
    expect(alert.textContent).toContain('Restore it.');
    fireEvent.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(onRefresh).toHaveBeenCalledTimes(1);
  });

  it('keeps the lessons on the screen when a refresh fails', () => {
    show({ failure: { message: 'No answer.', hint: '' } });
    expect(screen.getByRole('alert')).toBeTruthy();
    expect(screen.getByRole('tree')).toBeTruthy();
  });

  it('explains a course without lessons', () => {
    show({ catalog: exampleCatalog({ chapters: [], next_lesson: null }) });
    expect(screen.getByText(/The course has no lessons/)).toBeTruthy();
  });

  it('congratulates when every lesson is done', () => {
    show({ catalog: exampleCatalog({ next_lesson: null }) });
    expect(screen.getByText(/You have completed every lesson/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: /Continue/ })).toBeNull();
  });

  it('continues with the lesson that the server names', () => {
    const { onOpen } = show();
    fireEvent.click(
      screen.getByRole('button', { name: /Continue: A text classifier/ })
    );
    expect(onOpen).toHaveBeenCalledWith(
      expect.objectContaining({ lesson: 'dynamic_graph/text_classifier' })
    );
  });

  it('starts rather than continues a course that is all new', () => {
    const chapter = exampleCatalog().chapters[0];
    show({
      catalog: exampleCatalog({
        chapters: chapter ? [{ ...chapter, lessons: [exampleLesson()] }] : [],
        next_lesson: 'start/environment'
      })
    });
    expect(
      screen.getByRole('button', { name: /Start: Environment/ })
    ).toBeTruthy();
  });

  it('shows titles in the language of the lessons', () => {
    show({ language: 'zh' });
    expect(item(/文本分类器/)).toBeTruthy();
    expect(screen.getByRole('heading', { name: '飞桨工作台' })).toBeTruthy();
  });

  it('shows the status of a lesson in words, and its device only if it is a GPU', () => {
    show();
    expect(item(/Environment/).textContent).toContain('Done');
    expect(item(/A text classifier/).textContent).toContain('In progress');
    expect(item(/The training loop/).textContent).toContain('Not started');
    expect(item(/The training loop/).textContent).toContain('GPU');
    expect(item(/A text classifier/).textContent).not.toContain('GPU');
  });

  it('marks a lesson that has a newer version', () => {
    const chapter = exampleCatalog().chapters[0];
    show({
      catalog: exampleCatalog({
        chapters: chapter
          ? [{ ...chapter, lessons: [exampleLesson({ outdated: true })] }]
          : []
      })
    });
    expect(item(/Environment/).textContent).toContain(
      'A newer version is available; reset the lesson to get it'
    );
  });

  it('counts the lessons done of each chapter', () => {
    show();
    expect(item(/^00 Getting started 1\/1$/)).toBeTruthy();
    expect(item(/^01 The dynamic graph 0\/2$/)).toBeTruthy();
  });

  it('filters, and shows everything again', () => {
    show();
    const filter = screen.getByRole('searchbox', { name: 'Filter lessons' });
    fireEvent.change(filter, { target: { value: 'loop' } });
    expect(screen.queryByRole('treeitem', { name: /Environment/ })).toBeNull();
    fireEvent.change(filter, { target: { value: 'nothing like it' } });
    expect(screen.getByText(/No lesson matches/)).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Show all' }));
    expect(item(/Environment/)).toBeTruthy();
  });

  it('shows the objectives of the lesson under the pointer', () => {
    show();
    fireEvent.mouseEnter(item(/A text classifier/));
    const preview = screen.getByRole('region', {
      name: 'What you will learn'
    });
    expect(preview.textContent).toContain('Train the network');
  });

  it('shows notices until they are dismissed', () => {
    const notice = {
      message: 'progress.json was broken.',
      hint: 'It is kept.'
    };
    const { onDismiss } = show({ notices: [notice] });
    expect(screen.getByText(/progress\.json was broken/)).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
    expect(onDismiss).toHaveBeenCalledWith(notice);
  });

  it('shows the chosen language, and chooses the other', () => {
    const { onLanguage } = show();
    const english = screen.getByRole('button', { name: 'EN' });
    expect(english.getAttribute('aria-pressed')).toBe('true');
    fireEvent.click(screen.getByRole('button', { name: '中文' }));
    expect(onLanguage).toHaveBeenCalledWith('zh');
  });

  it('shows that a lesson is being opened', () => {
    show({ opening: 'dynamic_graph/training_loop' });
    const opening = item(/The training loop/);
    expect(opening.getAttribute('aria-busy')).toBe('true');
    expect(opening.textContent).toContain('Opening…');
  });

  it('opens the menu of a lesson where the pointer is', () => {
    const { onMenu } = show();
    fireEvent.contextMenu(item(/A text classifier/), {
      clientX: 30,
      clientY: 40
    });
    expect(onMenu).toHaveBeenCalledWith(
      expect.objectContaining({ lesson: 'dynamic_graph/text_classifier' }),
      30,
      40
    );
  });
});

describe('the keys of the lesson tree', () => {
  it('has one tab stop: the lesson in front, or else the first row', () => {
    show({ currentLesson: 'dynamic_graph/text_classifier' });
    const stops = screen
      .getAllByRole('treeitem')
      .filter(row => row.tabIndex === 0);
    expect(stops).toEqual([item(/A text classifier/)]);
  });

  it('walks the visible rows with the arrows, Home and End', () => {
    show();
    focus(item(/Getting started/));
    press('ArrowDown');
    expect(document.activeElement).toBe(item(/Environment/));
    press('End');
    expect(document.activeElement).toBe(item(/The training loop/));
    press('ArrowUp');
    expect(document.activeElement).toBe(item(/A text classifier/));
    press('Home');
    expect(document.activeElement).toBe(item(/Getting started/));
  });

  it('closes and opens a chapter with left and right', () => {
    show();
    focus(item(/Environment/));
    press('ArrowLeft');
    const chapter = item(/Getting started/);
    expect(document.activeElement).toBe(chapter);
    press('ArrowLeft');
    expect(chapter.getAttribute('aria-expanded')).toBe('false');
    expect(screen.queryByRole('treeitem', { name: /Environment/ })).toBeNull();
    press('ArrowRight');
    expect(chapter.getAttribute('aria-expanded')).toBe('true');
    press('ArrowRight');
    expect(document.activeElement).toBe(item(/Environment/));
  });

  it('opens with Enter, resets with r, marks with d', () => {
    const { onOpen, onReset, onToggleDone } = show();
    const lesson: unknown = expect.objectContaining({
      lesson: 'start/environment'
    });
    focus(item(/Environment/));
    press('Enter');
    press('r');
    press('d');
    expect(onOpen).toHaveBeenCalledWith(lesson);
    expect(onReset).toHaveBeenCalledWith(lesson);
    expect(onToggleDone).toHaveBeenCalledWith(lesson);
  });

  it('leaves keys with a modifier to the browser', () => {
    const { onReset } = show();
    const row = item(/Environment/);
    focus(row);
    expect(fireEvent.keyDown(row, { key: 'r', ctrlKey: true })).toBe(true);
    expect(onReset).not.toHaveBeenCalled();
  });

  it('shows the objectives of the lesson that has the focus', () => {
    show();
    focus(item(/Getting started/));
    press('ArrowDown');
    expect(screen.getByText('Read the report')).toBeTruthy();
  });
});
