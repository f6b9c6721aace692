import { readPage } from '../page-blocks';

const PAGE = { record: { name: 'sentiment' } };

/** Answer as a window around the frame. */
function answer(data: unknown, source: unknown): void {
  window.dispatchEvent(
    new MessageEvent('message', { data, source: source as Window })
  );
}

describe('a page of a bundle', () => {
  const host = { postMessage: jest.fn() };

  afterEach(() => {
    jest.restoreAllMocks();
    document.body.replaceChildren();
    host.postMessage.mockReset();
  });

  it('reads what it contains', async () => {
    const block = document.createElement('script');
    block.type = 'application/json';
    block.id = 'pw-page';
    block.textContent = JSON.stringify(PAGE);
    document.body.append(block);
    await expect(readPage()).resolves.toEqual(PAGE);
  });

  it('asks the window around it for what it does not contain', async () => {
    jest.spyOn(window, 'parent', 'get').mockReturnValue(host as never);
    const page = readPage();
    expect(host.postMessage).toHaveBeenCalledWith(
      { workbench: 'block', name: 'pw-page' },
      '*'
    );
    answer({ name: 'pw-page', content: '{}' }, window);
    answer({ name: 'pw-model', content: '{}' }, host);
    answer({ name: 'pw-page', content: JSON.stringify(PAGE) }, host);
    await expect(page).resolves.toEqual(PAGE);
  });

  it('says what nobody has', async () => {
    await expect(readPage()).rejects.toThrow('The page has no pw-page.');
    jest.spyOn(window, 'parent', 'get').mockReturnValue(host as never);
    const page = readPage();
    answer({ name: 'pw-page' }, host);
    await expect(page).rejects.toThrow('The page has no pw-page.');
  });
});
