import { FakeServer } from '../../__tests__/fake-server';
import type { ServerEvent } from '../../contract';
import { EventStream } from '../event-stream';

describe('EventStream', () => {
  let server: FakeServer;
  let stream: EventStream;
  let received: ServerEvent[];

  beforeEach(() => {
    jest.useFakeTimers();
    server = new FakeServer();
    stream = new EventStream(server.connection.serverSettings);
    received = [];
    stream.received.connect((_, event) => {
      received.push(event);
    });
  });

  afterEach(() => {
    stream.dispose();
    jest.useRealTimers();
  });

  it('connects with the token', () => {
    expect(server.sockets.map(({ url }) => url)).toEqual([
      'ws://server/paddle-workbench/events?token=secret'
    ]);
    expect(stream.isConnected).toBe(false);
    server.sockets[0]?.onopen?.();
    expect(stream.isConnected).toBe(true);
  });

  it('resumes after the last event when the connection was lost', () => {
    server.sockets[0]?.onopen?.();
    server.emit({ id: 'ab-1', topic: 'course' });
    server.emit({ id: 'ab-2', topic: 'course' });
    expect(received.map(({ id }) => id)).toEqual(['ab-1', 'ab-2']);
    server.sockets[0]?.onclose?.();
    expect(stream.isConnected).toBe(false);
    jest.runOnlyPendingTimers();
    expect(server.sockets[1]?.url).toContain('after=ab-2');
  });

  it('waits longer each time, but not when the network is there again', () => {
    for (let attempt = 0; attempt < 10; attempt++) {
      server.sockets.at(-1)?.onclose?.();
      jest.runOnlyPendingTimers();
    }
    expect(server.sockets).toHaveLength(11);
    server.sockets.at(-1)?.onclose?.();
    jest.advanceTimersByTime(29_000);
    expect(server.sockets).toHaveLength(11);
    window.dispatchEvent(new Event('online'));
    expect(server.sockets).toHaveLength(12);
    jest.runOnlyPendingTimers();
    expect(server.sockets).toHaveLength(12);
  });

  it('opens nothing after it was disposed', () => {
    stream.dispose();
    expect(server.sockets[0]?.isClosed).toBe(true);
    server.sockets[0]?.onclose?.();
    window.dispatchEvent(new Event('online'));
    jest.runAllTimers();
    expect(server.sockets).toHaveLength(1);
  });
});
