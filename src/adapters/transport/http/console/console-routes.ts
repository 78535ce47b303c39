import type { HttpApp } from '../typed-app.ts';
import type { HttpParts } from '../http-parts.ts';
import { groupRoutes } from './group-routes.ts';
import { overviewRoutes } from './overview-routes.ts';
import { staticFiles } from './static-files.ts';
import { topicRoutes } from './topic-routes.ts';

/** The console at `/`, and what it asks that the REST conventions have no words for, at `/v1`. */
export async function consoleRoutes(app: HttpApp, parts: HttpParts): Promise<void> {
  overviewRoutes(app, parts);
  topicRoutes(app, parts);
  groupRoutes(app, parts);
  await staticFiles(app);
}
