import { request, RequestError } from '../request';
import { FakeServer } from './fake-server';

describe('request', () => {
  it('returns the answer of a route', async () => {
    const server = new FakeServer();
    server.answer('GET course', { body: { lessons: 3 } });
    await expect(request(server.connection, 'course')).resolves.toEqual({
      lessons: 3
    });
  });

  it('sends its body as JSON', async () => {
    const server = new FakeServer();
    server.answer('POST course/open', { body: {} });
    await request(server.connection, 'course/open', {
      method: 'POST',
      body: { lesson: 'start/environment' }
    });
    expect(server.requests[0]?.body).toEqual({ lesson: 'start/environment' });
  });

  it('passes on the message, hint and status of an error', async () => {
    const server = new FakeServer();
    server.answer('GET course', {
      status: 404,
      body: { message: 'No lesson.', hint: 'List them.' }
    });
    const error = await failure(request(server.connection, 'course'));
    expect(error).toMatchObject({
      message: 'No lesson.',
      hint: 'List them.',
      status: 404
    });
  });

  it('names the status where the error has no message', async () => {
    const server = new FakeServer();
    server.answer('GET course', {
      status: 502,
      body: '<html>Bad gateway</html>'
    });
    const error = await failure(request(server.connection, 'course'));
    expect(error.message).toContain('502');
    expect(error.hint).not.toBe('');
  });

  it('reports a server that does not answer', async () => {
    const server = new FakeServer();
    server.answer('GET course', new TypeError('Failed to fetch'));
    const error = await failure(request(server.connection, 'course'));
    expect(error).toMatchObject({
      message: 'The Jupyter server is not responding.',
      status: 0
    });
  });

  it('reports a page instead of data', async () => {
    const server = new FakeServer();
    server.answer('GET course', { body: '<html>Sign in</html>' });
    const error = await failure(request(server.connection, 'course'));
    expect(error.message).toBe(
      'Could not read the response from the Jupyter server.'
    );
  });
});

async function failure(promise: Promise<unknown>): Promise<RequestError> {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof RequestError)) {
    throw new Error('The request did not fail as it should.');
  }
  return error;
}
