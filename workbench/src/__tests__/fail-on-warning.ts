/** What libraries say in jsdom, through no fault of ours. */
const KNOWN = [
  // @jupyterlab/apputils, when it is imported: jsdom has no clipboard.
  'Clipboard API not available',
  // @jupyter/ydoc, whenever a notebook model is filled: it reads cells before they are attached.
  'Invalid access: Add Yjs type to a document before reading data.',
  '[yjs#509] Not same Y.Doc'
];

let messages: string[] = [];

for (const level of ['warn', 'error'] as const) {
  console[level] = (...args: unknown[]): void => {
    const message = args.map(String).join(' ');
    if (!KNOWN.some(known => message.includes(known))) {
      messages.push(`console.${level}: ${message}`);
    }
  };
}

afterEach(() => {
  const previous = messages;
  messages = [];
  expect(previous).toEqual([]);
});
