import type {
  Catalog,
  DismissedNotice,
  LessonRequest,
  OpenedLesson,
  ProgressUpdate,
  ResetLesson
} from '../contract';
import type { IConnection } from '../request';
import { request } from '../request';

/**
 * The routes of the course.
 */
export class CourseClient {
  constructor(private readonly _connection: IConnection) {}

  catalog(): Promise<Catalog> {
    return request<Catalog>(this._connection, 'course');
  }

  open(lesson: LessonRequest): Promise<OpenedLesson> {
    return request<OpenedLesson>(this._connection, 'course/open', {
      method: 'POST',
      body: lesson
    });
  }

  reset(lesson: LessonRequest): Promise<ResetLesson> {
    return request<ResetLesson>(this._connection, 'course/reset', {
      method: 'POST',
      body: lesson
    });
  }

  dismiss(notice: DismissedNotice): Promise<Catalog> {
    return request<Catalog>(this._connection, 'course/dismiss', {
      method: 'POST',
      body: notice
    });
  }

  update(update: ProgressUpdate): Promise<Catalog> {
    return request<Catalog>(this._connection, 'course/progress', {
      method: 'PATCH',
      body: update
    });
  }
}
