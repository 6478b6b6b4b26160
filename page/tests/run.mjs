// npm test [-- FOLDER]: unit tests, then the browser tests over the reports in FOLDER (each
// FOLDER/NAME/NAME.html or FOLDER/NAME.html, as `perfmodel report` writes them), or over the
// fixtures put into the built page.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [folder] = process.argv.slice(2);
const here = resolve(import.meta.dirname, '..');

function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, {
    cwd: here,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
}

const build = join(here, 'build');
rmSync(build, { recursive: true, force: true });
run(join(here, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.tests.json']);
if (!existsSync(join(here, 'dist/index.html'))) run('npm', ['run', 'build']);

const files = ['unit', 'browser'].flatMap((kind) =>
  readdirSync(join(build, 'tests', kind))
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join(build, 'tests', kind, name)),
);
// One file after the other: the tests measure how fast the page opens.
run(process.execPath, ['--test', '--test-concurrency=1', ...files], {
  PERFMODEL_PAGE: here,
  ...(folder ? { PERFMODEL_REPORTS: resolve(folder) } : {}),
});
