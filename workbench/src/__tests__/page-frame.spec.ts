import type { PageMessage } from '../page-frame';
import { serveFrames } from '../page-frame';

const RUNTIME: PageMessage = { workbench: 'block', name: 'pw-runtime' };

describe('a window with pages of bundles in frames', () => {
  let frame: HTMLIFrameElement;
  let answers: unknown[];
  let end: AbortController;

  const send = (data: unknown, source = frame.contentWindow): void => {
    window.dispatchEvent(new MessageEvent('message', { data, source }));
  };

  beforeEach(() => {
    frame = document.createElement('iframe');
    document.body.append(frame);
    answers = [];
    jest
      .spyOn(frame.contentWindow ?? window, 'postMessage')
      .mockImplementation(answer => answers.push(answer));
    end = new AbortController();
    serveFrames(
      () => [frame],
      name => (name === 'pw-runtime' ? 'AGFzbQ==' : undefined),
      end.signal
    );
  });

  afterEach(() => {
    end.abort();
    frame.remove();
  });

  it('gives them what they lack, and says what it does not have', () => {
    send(RUNTIME);
    send({ workbench: 'block', name: 'pw-model' });
    expect(answers).toEqual([
      { ...RUNTIME, content: 'AGFzbQ==' },
      { workbench: 'block', name: 'pw-model' }
    ]);
  });

  it('gives them the height that they need, within limits', () => {
    for (const [height, style] of [
      [321.2, '322px'],
      [1e9, '4000px'],
      [-5, '200px'],
      ['; x', '200px']
    ]) {
      send({ workbench: 'height', height });
      expect(frame.style.height).toBe(style);
    }
  });

  it('ignores other windows and other messages, and all at the end', () => {
    send(RUNTIME, window);
    for (const each of [null, 'x', {}, { workbench: 'block' }]) {
      send(each);
    }
    end.abort();
    send(RUNTIME);
    expect(answers).toEqual([]);
    expect(frame.style.height).toBe('');
  });
});
