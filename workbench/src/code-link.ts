const PATH = 'paddle-workbench/explain';
const CODE = /^PW-[A-Z]\d{3}$/;

/**
 * The address of the page of a code on the Jupyter server that this page came from; null elsewhere,
 * as in a notebook that was exported to HTML.
 */
export function codeAddress(
  code: string,
  language: 'zh' | 'en'
): string | null {
  const config = document.getElementById('jupyter-config-data')?.textContent;
  if (!config) {
    return null;
  }
  const { baseUrl } = JSON.parse(config) as { baseUrl?: string };
  const query = new URLSearchParams({ code, lang: language });
  return `${baseUrl ?? '/'}${PATH}?${query.toString()}`;
}

/** The code whose page a link leads to, if it does. */
export function codeOfLink(link: HTMLAnchorElement): string | null {
  const { pathname, searchParams } = new URL(link.href, document.baseURI);
  const code = searchParams.get('code') ?? '';
  return pathname.endsWith(`/${PATH}`) && CODE.test(code) ? code : null;
}
