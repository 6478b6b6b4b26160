// npm test [-- FOLDER]: unit tests, then browser tests over the reports somewhere under FOLDER, as
// `perfmodel report` writes them, or over the fixtures put into the built page.
// PERFMODEL_SCREENSHOTS=FOLDER keeps pictures of each report: light, dark, phone, wide.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [folder] = process.argv.slice(2);
const page = resolve(import.meta.dirname, '..');

function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, {
    cwd: page,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
}

const compiled = join(page, 'dist/tests');
if (!existsSync(join(page, 'dist/index.html'))) run('npm', ['run', 'build']);
rmSync(compiled, { recursive: true, force: true });
run(join(page, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.tests.json']);

const files = ['unit', 'browser'].flatMap((kind) =>
  readdirSync(join(compiled, 'tests', kind))
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join(compiled, 'tests', kind, name)),
);
// One file after the other: the tests measure how fast the page opens.
run(process.execPath, ['--test', '--test-reporter=spec', '--test-concurrency=1', ...files], {
  PERFMODEL_PAGE: page,
  ...(folder ? { PERFMODEL_REPORTS: resolve(folder) } : {}),
});
