import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { JSONObject, JSONValue } from '@lumino/coreutils';
import { CommModel } from '../comm-model';

/** The end of a comm that the kernel would hold. */
class KernelSide {
  readonly sent: JSONObject[] = [];
  readonly comm = {
    commId: 'c1',
    send: (data: JSONObject) => {
      this.sent.push(data);
      return { done: this.done };
    },
    dispose: () => {
      this.ended = true;
    }
  } as unknown as Kernel.IComm;
  ended = false;
  /** When it has handled a message. */
  done = Promise.resolve();
  /** The comms that it knows. */
  comms = ['c1'];

  open(state: JSONObject, ...more: Buffers): CommModel {
    return new CommModel(
      this.comm,
      message({ state }, more) as KernelMessage.ICommOpenMsg,
      comm => Promise.resolve(this.comms.includes(comm))
    );
  }

  tell(data: JSONObject, ...more: Buffers): void {
    void this.comm.onMsg(message(data, more) as KernelMessage.ICommMsgMsg);
  }
}

type Buffers = [] | [(string | number)[][], ArrayBuffer[]];

function message(data: JSONObject, more: Buffers): KernelMessage.IMessage {
  const [paths = [], buffers = []] = more;
  return {
    content: { data: { ...data, buffer_paths: paths } as JSONValue },
    buffers
  } as unknown as KernelMessage.IMessage;
}

describe('CommModel', () => {
  let kernel: KernelSide;

  beforeEach(() => {
    kernel = new KernelSide();
  });

  it('starts with the state from the kernel', () => {
    const model = kernel.open({ index: 3, lines: [] });
    expect(model.get('index')).toBe(3);
    expect(model.get('absent')).toBeUndefined();
  });

  it('puts bytes in their place', () => {
    const bytes = new Uint8Array([1, 2, 3]).buffer;
    const model = kernel.open(
      { deep: [{ id: 7 }] },
      [['picture'], ['deep', 0, 'mask']],
      [bytes, bytes]
    );
    expect((model.get('picture') as DataView).getUint8(1)).toBe(2);
    const [first] = model.get('deep') as [{ id: number; mask: DataView }];
    expect(first.id).toBe(7);
    expect(first.mask.byteLength).toBe(3);
  });

  it('signals a change after all values of the message are set', () => {
    const model = kernel.open({ size: [1, 1], picture: null });
    const seen: unknown[] = [];
    model.on('change:size', () => seen.push(model.get('picture')));
    kernel.tell({ method: 'update', state: { size: [4, 3], picture: 'new' } });
    expect(seen).toEqual(['new']);
  });

  it('does not signal an equal value', () => {
    const model = kernel.open({ index: 1 });
    const handler = jest.fn();
    model.on('change:index', handler);
    kernel.tell({ method: 'update', state: { index: 1 } });
    expect(handler).not.toHaveBeenCalled();
  });

  it('ignores echoes of its own changes', () => {
    const model = kernel.open({ index: 0 });
    model.set('index', 2);
    kernel.tell({ method: 'echo_update', state: { index: 1 } });
    expect(model.get('index')).toBe(2);
  });

  it('sends each set value once', () => {
    const model = kernel.open({ index: 0, doubt_below: 0.9 });
    model.set('index', 1);
    model.set('index', 2);
    model.save_changes();
    model.save_changes();
    expect(kernel.sent).toEqual([
      { method: 'update', state: { index: 2 }, buffer_paths: [] }
    ]);
  });

  it('sends custom messages', () => {
    kernel.open({}).send({ do: 'edit', n: 1 });
    expect(kernel.sent).toEqual([
      { method: 'custom', content: { do: 'edit', n: 1 } }
    ]);
  });

  describe('that has asked for something', () => {
    let model: CommModel;
    const forgotten = jest.fn();

    beforeEach(() => {
      jest.useFakeTimers();
      forgotten.mockClear();
      model = kernel.open({ answered: 0 });
      model.forgotten.connect(forgotten);
    });

    afterEach(() => {
      model.dispose();
      expect(jest.getTimerCount()).toBe(0);
      jest.useRealTimers();
    });

    it('counts unanswered messages', async () => {
      model.send({ do: 'edit', n: 1 });
      expect(model.unanswered).toBe(1);
      kernel.tell({ method: 'update', state: { answered: 1 } });
      await jest.advanceTimersByTimeAsync(10_000);
      expect(model.unanswered).toBe(0);
      expect(forgotten).not.toHaveBeenCalled();
      expect(jest.getTimerCount()).toBe(0);
    });

    it.each([
      ['has handled it silently', Promise.resolve()],
      [
        'has not reported that it handled it',
        new Promise<void>(() => undefined)
      ]
    ])('notices a restarted kernel that %s', async (_, done) => {
      kernel.comms = [];
      kernel.done = done;
      model.send({ do: 'edit', n: 1 });
      await jest.advanceTimersByTimeAsync(5_000);
      expect(forgotten).toHaveBeenCalled();
      expect(model.unanswered).toBe(1);
    });

    it('waits for a kernel that is busy', async () => {
      kernel.done = new Promise<void>(() => undefined);
      model.send({ do: 'edit', n: 1 });
      await jest.advanceTimersByTimeAsync(60_000);
      expect(forgotten).not.toHaveBeenCalled();
    });
  });

  it('calls a handler no more that was taken back, even meanwhile', () => {
    const model = kernel.open({ index: 0 });
    const later = jest.fn();
    model.on('change:index', () => {
      model.off('change:index', later);
    });
    model.on('change:index', later);
    model.set('index', 1);
    expect(later).not.toHaveBeenCalled();
  });

  it('is silent after its end', () => {
    const model = kernel.open({ index: 0 });
    model.dispose();
    model.send({ do: 'edit' });
    expect(kernel.ended).toBe(true);
    expect(kernel.sent).toEqual([]);
  });
});
