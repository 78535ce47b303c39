import { createRequire } from 'node:module';

/** That of the package this is. */
export function version(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return version;
}
