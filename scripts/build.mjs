// Compiles src to dist (or to the folder given) afresh, the contract of storage engines to dist/testing and the console to
// dist/console beside it; leaves a mark by which `scripts/setup.mjs` knows how old the build is.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';

const out = process.argv[2] ?? 'dist';
const compiled = join(out, '.compiled');

rmSync(out, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', compiled],
  { stdio: 'inherit' },
);
if (status !== 0) process.exit(status ?? 1);

for (const name of readdirSync(join(compiled, 'src'))) {
  renameSync(join(compiled, 'src', name), join(out, name));
}
// The contract stays with the tests; where only src is, as in the image, there is nothing to publish it from.
if (existsSync(join(compiled, 'test'))) {
  const testing = join(out, 'testing');
  renameSync(join(compiled, 'test'), testing);
  for (const name of readdirSync(testing, { recursive: true })) {
    const path = join(testing, name);
    if (!/\.(js|d\.ts)$/.test(name)) continue;
    // What lay beside test lies above testing.
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(['"](?:\.\.\/)+)src\//g, '$1'));
  }
}
rmSync(compiled, { recursive: true });
await build({
  configFile: 'console/vite.config.mjs',
  build: { outDir: resolve(out, 'console') },
  logLevel: 'warn',
});
chmodSync(join(out, 'main/cli/hexlog.js'), 0o755);
writeFileSync(join(out, '.built'), '');
