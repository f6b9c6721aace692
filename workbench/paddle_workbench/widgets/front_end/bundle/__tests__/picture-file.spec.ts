import { HugePicture, UnreadablePicture, decodePicture } from '../picture-file';

function decodes(bitmap: Promise<unknown>): void {
  Object.assign(globalThis, { createImageBitmap: () => bitmap });
}

describe('a picture file', () => {
  it('is rejected with its size if it is too large for a page', async () => {
    let isClosed = false;
    const close = (): void => {
      isClosed = true;
    };
    decodes(Promise.resolve({ width: 20_000, height: 20_000, close }));
    const failure = await decodePicture(new Blob()).catch(
      (error: unknown) => error
    );
    expect(failure).toBeInstanceOf(HugePicture);
    expect(failure).toMatchObject({ width: 20_000, megapixels: 100 });
    expect(isClosed).toBe(true);
  });

  it('is rejected if it cannot be decoded', async () => {
    decodes(Promise.reject(new Error('broken')));
    await expect(decodePicture(new Blob())).rejects.toThrow(UnreadablePicture);
  });
});
