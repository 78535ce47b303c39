import { Readable } from 'node:stream';
import type { MetricsPage } from '../../../ports/metrics-page.ts';
import type { HttpApp } from './typed-app.ts';

/** GET /metrics, for Prometheus. */
export function metricsRoutes(app: HttpApp, page: MetricsPage): void {
  const schema = {
    tags: ['metrics'],
    produces: ['text/plain'],
    summary: "Everything that is measured, in Prometheus's text format",
  };
  app.get('/metrics', { schema }, async (_, reply) => {
    const text = await page.render();
    reply.header('content-type', page.contentType).header('cache-control', 'no-store');
    // A stream of texts, not of objects: each is sent as it is.
    return reply.send(typeof text === 'string' ? text : Readable.from(text, { objectMode: false }));
  });
}
