import type { HttpApp } from './typed-app.ts';
import type { HttpParts } from './http-parts.ts';
import { consoleRoutes } from './console/console-routes.ts';
import { metricsRoutes } from './metrics-routes.ts';
import { consumerRoutes } from './rest-v2/consumer-routes.ts';
import { recordRoutesV2 } from './rest-v2/record-routes.ts';
import { topicRoutesV2 } from './rest-v2/topic-routes.ts';
import { brokerRoutes } from './rest-v3/broker-routes.ts';
import { clusterRoutes } from './rest-v3/cluster-routes.ts';
import { configRoutes } from './rest-v3/config-routes.ts';
import { groupRoutes } from './rest-v3/group-routes.ts';
import { lagRoutes } from './rest-v3/lag-routes.ts';
import { partitionRoutes } from './rest-v3/partition-routes.ts';
import { recordRoutes } from './rest-v3/record-routes.ts';
import { topicRoutes } from './rest-v3/topic-routes.ts';
import { tailRoutes } from './tail/tail-routes.ts';

export type AddRoutes = (app: HttpApp, parts: HttpParts) => void | Promise<void>;

/** All routes, by who serves them; the listener answers health checks, and the application describes itself at /openapi.json. */
export const routes: readonly AddRoutes[] = [
  clusterRoutes,
  brokerRoutes,
  topicRoutes,
  partitionRoutes,
  configRoutes,
  groupRoutes,
  lagRoutes,
  recordRoutes,
  topicRoutesV2,
  recordRoutesV2,
  consumerRoutes,
  (app, { metricsPage }) => metricsRoutes(app, metricsPage),
  tailRoutes,
  consoleRoutes,
];
