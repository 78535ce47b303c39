// What `npm start` and `npm test` need on a fresh clone: the packages, then the build. Does nothing that is done already.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const run = (...command) => {
  const { status } = spawnSync(command[0], command.slice(1), {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
};

/** The newest change below a folder, in milliseconds. */
const newest = folder =>
  readdirSync(folder, { withFileTypes: true })
    .map(entry => join(folder, entry.name))
    .reduce(
      (latest, path) =>
        Math.max(latest, statSync(path).isDirectory() ? newest(path) : statSync(path).mtimeMs),
      0,
    );

const modified = path => (existsSync(path) ? statSync(path).mtimeMs : 0);

if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) run('npm', 'ci');
const sources = Math.max(
  newest('src'),
  newest('console'),
  newest('test/contracts/log-storage'),
  modified('scripts/build.mjs'),
  modified('package.json'),
  modified('tsconfig.json'),
  modified('tsconfig.build.json'),
);
if (modified('dist/.built') < sources) run('npm', 'run', '--silent', 'build');
