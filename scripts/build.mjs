// Compiles src to dist afresh, and leaves a mark by which `scripts/setup.mjs` knows how old the build is.
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  { stdio: 'inherit' },
);
if (status !== 0) process.exit(status ?? 1);
chmodSync('dist/main/cli/hexlog.js', 0o755);
writeFileSync('dist/.built', '');
