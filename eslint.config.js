import tseslint from 'typescript-eslint';

/** Sizes: the aim is half of each bound; see CONTRIBUTING.md. */
const sizes = {
  'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
  'max-params': 'off',
  '@typescript-eslint/max-params': ['error', { max: 4 }],
  complexity: ['error', 12],
  'max-depth': ['error', 3],
};

/** The domain owns no clock, no randomness, no input or output: those are ports. */
const pure = {
  'no-restricted-globals': [
    'error',
    'setTimeout',
    'setInterval',
    'setImmediate',
    'process',
    'console',
    'performance',
    'crypto',
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'take the time from the clock port' },
    { object: 'Math', property: 'random', message: 'take randomness from the random port' },
  ],
};

export default tseslint.config(
  {
    ignores: [
      'dist',
      'node_modules',
      'coverage',
      'data',
      '**/*.mjs',
      'eslint.config.js',
      '.dependency-cruiser.cjs',
      'test/clients/*/node_modules',
      'console/public',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: false },
        },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'no barrels' },
      ],
      eqeqeq: 'error',
    },
  },
  { files: ['src/**/*.ts', 'console/**/*.ts', 'console/**/*.tsx'], rules: sizes },
  { files: ['src/domain/**/*.ts', 'src/ports/**/*.ts'], rules: pure },
  // The container is a table: a row lists all that a part is made from.
  { files: ['src/main/container.ts'], rules: { '@typescript-eslint/max-params': 'off' } },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }] },
  },
);
