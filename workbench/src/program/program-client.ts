import type { ProgramPicture } from '../contract';
import type { IConnection } from '../request';
import { request } from '../request';

/** Fetch a saved program, as columns. Rejects with a RequestError. */
export async function fetchProgram(
  connection: IConnection,
  path: string
): Promise<DataView> {
  const picture = await request<ProgramPicture>(connection, 'program', {
    method: 'POST',
    body: { path }
  });
  const text = atob(picture.columns);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    bytes[at] = text.charCodeAt(at);
  }
  return new DataView(bytes.buffer);
}
