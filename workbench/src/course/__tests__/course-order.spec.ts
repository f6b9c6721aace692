import { exampleCatalog } from '../../__tests__/example-course';
import { filterChapters, findLesson, neighbour } from '../course-order';

describe('neighbour', () => {
  const catalog = exampleCatalog();

  it('crosses from one chapter into the next', () => {
    expect(neighbour(catalog, 'start/environment', 1)?.lesson).toBe(
      'dynamic_graph/text_classifier'
    );
  });

  it('is null before the first lesson and after the last', () => {
    expect(neighbour(catalog, 'start/environment', -1)).toBeNull();
    expect(neighbour(catalog, 'dynamic_graph/training_loop', 1)).toBeNull();
  });

  it('is null for a lesson outside the course', () => {
    expect(neighbour(catalog, 'gone/lesson', 1)).toBeNull();
    expect(findLesson(catalog, 'gone/lesson')).toBeNull();
  });
});

describe('filterChapters', () => {
  const { chapters } = exampleCatalog();
  const search = (filter: string): string[] =>
    filterChapters(chapters, filter).flatMap(chapter =>
      chapter.lessons.map(lesson => lesson.lesson)
    );

  it('keeps everything for an empty filter', () => {
    expect(search('  ')).toHaveLength(3);
  });

  it('finds a title in either language, whatever its case', () => {
    expect(search('文本')).toEqual(['dynamic_graph/text_classifier']);
    expect(search('TRAINING')).toEqual(['dynamic_graph/training_loop']);
  });

  it('wants every word', () => {
    expect(search('dynamic classifier')).toEqual([
      'dynamic_graph/text_classifier'
    ]);
    expect(search('dynamic environment')).toEqual([]);
  });

  it('leaves out chapters without a match', () => {
    expect(filterChapters(chapters, '1.2')).toHaveLength(1);
  });
});
