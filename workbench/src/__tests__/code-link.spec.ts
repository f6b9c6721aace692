import { codeAddress, codeOfLink } from '../code-link';

function linkTo(href: string): HTMLAnchorElement {
  const link = document.createElement('a');
  link.href = href;
  return link;
}

describe('codeAddress', () => {
  it('is null outside Jupyter', () => {
    expect(codeAddress('PW-X204', 'en')).toBeNull();
  });
});

describe('codeOfLink', () => {
  it.each([
    ['/paddle-workbench/explain?code=PW-X204', 'PW-X204'],
    ['/user/ada/paddle-workbench/explain?code=PW-C101&lang=zh', 'PW-C101'],
    ['/paddle-workbench/explain?code=../lab', null],
    ['/paddle-workbench/explain', null],
    ['/elsewhere?code=PW-X204', null],
    ['#part', null]
  ])('of %s is %s', (href, code) => {
    expect(codeOfLink(linkTo(href))).toBe(code);
  });
});
