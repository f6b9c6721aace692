const jupyterlabConfig = require('@jupyterlab/testing/lib/jest-config');

// Published as ES modules, which Jest needs translated.
const esModules = [
  '@codemirror',
  '@jupyter',
  '@jupyterlab',
  '@marijn',
  '@microsoft',
  'color',
  'exenv-es6',
  'lib0',
  'marked',
  'nanoid',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

module.exports = {
  ...jupyterlabConfig(__dirname),
  // By default Jest leaves one core free, and runs everything in one process if there are two.
  maxWorkers: '100%',
  modulePathIgnorePatterns: [
    '<rootDir>/lib/',
    '<rootDir>/paddle_workbench/labextension/',
    '<rootDir>/paddle_workbench/widgets/static/'
  ],
  reporters: ['default'],
  setupFilesAfterEnv: [
    '<rootDir>/src/__tests__/fail-on-warning.ts',
    '<rootDir>/src/__tests__/patience.ts'
  ],
  testRegex: '(src|front_end)/(.*/)?__tests__/.*\\.spec\\.tsx?$',
  testTimeout: 30_000,
  transformIgnorePatterns: [`/node_modules/(?!(${esModules})(/|$)).+`]
};
