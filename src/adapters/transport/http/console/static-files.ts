import { existsSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { HttpApp } from '../typed-app.ts';

/** Beside the compiled broker; from the sources, what was last built of them. */
const PLACES = ['../../../../console/', '../../../../../dist/console/'];

/** Nothing but what this server has: no other host, no inline script, no page of others around it. */
const SECURITY = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
} as const;

const YEAR = 'public, max-age=31536000, immutable';

/** The console's page and what belongs to it; where it was not built, `/` says so. */
export async function staticFiles(app: HttpApp): Promise<void> {
  const root = PLACES.map(place => fileURLToPath(new URL(place, import.meta.url))).find(place =>
    existsSync(`${place}index.html`),
  );
  if (root === undefined) {
    app.get('/', { schema: { hide: true } }, (_, reply) =>
      reply.code(404).type('text/plain').send('The console was not built: npm run build.\n'),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root,
    // A route for each file that there is: no path is ever looked up in the file system.
    wildcard: false,
    cacheControl: false,
    setHeaders: (response, path) => {
      for (const [name, value] of Object.entries(SECURITY)) response.setHeader(name, value);
      // The names in assets hold a hash of what is in them.
      const isHashed = path.includes(`${sep}assets${sep}`);
      response.setHeader('cache-control', isHashed ? YEAR : 'no-cache');
    },
  });
}
