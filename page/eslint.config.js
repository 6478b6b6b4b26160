import eslint from 'typescript-eslint';

export default eslint.config({ ignores: ['dist', 'test-results'] }, ...eslint.configs.strict, {
  files: ['**/*.ts'],
  languageOptions: {
    parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
  },
  rules: {
    eqeqeq: 'error',
    'no-console': 'error',
    '@typescript-eslint/no-floating-promises': [
      'error',
      { allowForKnownSafeCalls: ['test', 'describe'] },
    ],
    '@typescript-eslint/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true },
    ],
  },
});
