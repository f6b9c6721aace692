import type { Catalog, Chapter, Lesson } from '../contract';
import type { Language } from '../language';

/** Every lesson of the course, in order. */
export function lessonsInOrder(catalog: Catalog): Lesson[] {
  return catalog.chapters.flatMap(chapter => chapter.lessons);
}

/** Find a lesson by its name. */
export function findLesson(catalog: Catalog, name: string): Lesson | null {
  return lessonsInOrder(catalog).find(entry => entry.lesson === name) ?? null;
}

/** The lesson before (-1) or after (1) the named one. */
export function neighbour(
  catalog: Catalog,
  name: string,
  step: 1 | -1
): Lesson | null {
  const lessons = lessonsInOrder(catalog);
  const index = lessons.findIndex(entry => entry.lesson === name);
  return index < 0 ? null : (lessons[index + step] ?? null);
}

/**
 * The chapters with the lessons that match every word of a filter.
 *
 * A lesson matches by its number, name, title or objectives in either language.
 */
export function filterChapters(
  chapters: readonly Chapter[],
  filter: string
): Chapter[] {
  const words = filter.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return [...chapters];
  }
  return chapters
    .map(chapter => ({
      ...chapter,
      lessons: chapter.lessons.filter(lesson => {
        const text = searchableText(chapter, lesson);
        return words.every(word => text.includes(word));
      })
    }))
    .filter(chapter => chapter.lessons.length > 0);
}

/** How many lessons of a chapter are done. */
export function countDone(chapter: Chapter): number {
  return chapter.lessons.filter(lesson => lesson.state === 'done').length;
}

/** How many exercises of a lesson are passed. */
export function countPassed(lesson: Lesson): number {
  return lesson.exercises.filter(
    exercise => exercise.progress.state === 'passed'
  ).length;
}

/** The other language of the course. */
export function otherLanguage(language: Language): Language {
  return language === 'zh' ? 'en' : 'zh';
}

function searchableText(chapter: Chapter, lesson: Lesson): string {
  return [
    lesson.number,
    lesson.lesson,
    lesson.title.zh,
    lesson.title.en,
    chapter.title.zh,
    chapter.title.en,
    ...lesson.objectives.zh,
    ...lesson.objectives.en
  ]
    .join('\n')
    .toLocaleLowerCase();
}
