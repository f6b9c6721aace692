import { bundleOf, documentOf } from '../bundle-path';

describe('the document of a bundle', () => {
  it.each([
    ['bundles/sentiment', 'bundles/sentiment/bundle.json', 'bundles/sentiment'],
    [
      'bundles/sentiment/bundle.json',
      'bundles/sentiment/bundle.json',
      'bundles/sentiment'
    ],
    ['a.bundle.zip', 'a.bundle.zip', 'a.bundle.zip'],
    ['', 'bundle.json', '.']
  ])('of %p is %p', (path, document, bundle) => {
    expect(documentOf(path)).toBe(document);
    expect(bundleOf(document)).toBe(bundle);
  });
});
