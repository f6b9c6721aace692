import js from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import prettierRecommended from 'eslint-plugin-prettier/recommended';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** The plugin warns by default; here its rules stop the build. */
const jupyterAtError = jupyter.configs.recommended.map(part => ({
  ...part,
  rules: Object.fromEntries(
    Object.entries(part.rules).map(([rule, level]) => [
      rule,
      level === 'off' ? 'off' : 'error'
    ])
  )
}));

export default defineConfig([
  {
    ignores: [
      'node_modules',
      'coverage',
      'lib',
      'paddle_workbench/labextension',
      'paddle_workbench/widgets/static',
      'src/contract'
    ]
  },
  { plugins: { jupyter } },
  ...jupyterAtError,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [
      js.configs.recommended,
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked
    ],
    plugins: { 'react-hooks': reactHooks },
    languageOptions: {
      globals: globals.browser,
      parserOptions: {
        project: './tsconfig.test.json',
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      ...reactHooks.configs.recommended.rules,
      'react-hooks/exhaustive-deps': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      // JupyterLab groups types and tokens with their class in a namespace.
      '@typescript-eslint/no-namespace': 'off',
      // What is on the screen when the application starts has to be there at once.
      'jupyter/prefer-lazy-imports': [
        'error',
        {
          ignoreImports: [
            './bundle-commands',
            './bundle-document-factory', // light: the panel comes with the first bundle
            './carried-page', // light: the server has what runs in it
            './check-*',
            './course-*',
            './desk-document-factory', // light: the kernel brings what draws the desk
            './lesson-*',
            './output-*', // the panel is part of the sidebar
            './run-*',
            './runs-*',
            './notebook-twins', // light: every notebook needs it
            './program-document-factory', // light: the microscope comes with the first program
            './exercise-result-renderer'
          ]
        }
      ],
      // Numbers read as well as strings in a template.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true }
      ],
      // Lumino's signals and disposables are typed with it.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // Signals take a method and the object it belongs to.
      '@typescript-eslint/unbound-method': 'off',
      eqeqeq: 'error',
      'no-console': 'error'
    }
  },
  {
    files: ['**/__tests__/**'],
    rules: {
      'jupyter/no-untranslated-string': 'off', // nobody reads what a test lays down
      'no-console': 'off'
    }
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [js.configs.recommended],
    languageOptions: { globals: globals.node }
  },
  {
    files: ['paddle_workbench/**/front_end/**/*.js'],
    languageOptions: { globals: globals.browser }
  },
  prettierRecommended,
  { rules: { curly: ['error', 'all'] } }
]);
