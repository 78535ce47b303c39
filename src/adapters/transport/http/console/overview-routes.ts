import type { z } from 'zod';
import type { ConfigDescription } from '../../../../domain/model/cluster/config-description.ts';
import { BrokerError } from '../../../../domain/model/error.ts';
import type { Quantiles } from '../../../../ports/metrics-page.ts';
import type { HttpApp } from '../typed-app.ts';
import { expectNoError } from '../http-errors.ts';
import type { HttpParts } from '../http-parts.ts';
import { overview, settings, type broker, type setting } from './schemas.ts';

/** Of so many groups the lag is told at once; whoever has more looks at them one by one. */
const GROUPS_EXAMINED = 200;
const TAGS = ['Console'];

/** `/v1/overview`, which the console asks every few seconds, and `/v1/settings`. */
export function overviewRoutes(app: HttpApp, parts: HttpParts): void {
  const { useCases } = parts;
  const route = {
    schema: { tags: TAGS, response: { 200: overview } },
    // What is typed here is not looked at once more: there may be thousands of rows.
    serializerCompiler: () => (seen: unknown) => JSON.stringify(seen),
  };
  app.get('/v1/overview', route, async () => ({
    broker: brokerOf(parts),
    topics: (await useCases.summarizeTopics.execute()).map(
      ({ sizeInBytes: bytes, recordsEver: messages_in, ...topic }) => {
        return { ...topic, bytes, messages_in };
      },
    ),
    groups: await groupsOf(parts),
  }));
  app.get('/v1/settings', { schema: { tags: TAGS, response: { 200: settings } } }, async () => {
    const broker = { type: 'BROKER', name: String(parts.brokerId), names: null } as const;
    const [described] = useCases.describeConfigs.execute([broker]);
    expectNoError(described!.error, described!.message);
    return {
      settings: described!.configs.map(settingOf),
    };
  });
}

/** As the routes under /v3 do, without what is secret. */
function settingOf(config: ConfigDescription): z.output<typeof setting> {
  const { name, type, source, sensitive, readOnly: read_only, documentation } = config;
  const value = sensitive ? null : config.value;
  return { name, value, type, source, read_only, documentation };
}

function brokerOf({
  facts,
  totals,
  clock,
  clusterId,
  brokerId,
}: HttpParts): z.output<typeof broker> {
  const now = totals.read();
  return {
    id: brokerId,
    version: facts.version,
    cluster_id: clusterId,
    uptime_ms: Math.max(0, clock.now() - facts.startedAtMs),
    storage: facts.storage,
    data_dir: facts.dataDir,
    listeners: [...facts.listeners()],
    connections: now.connections,
    totals: {
      messages_in: now.messagesIn,
      bytes_in: now.bytesIn,
      bytes_out: now.bytesOut,
      requests: now.requests,
    },
    latency: { produce: quantilesOf(now.produce), fetch: quantilesOf(now.fetch) },
    memory: { rss: now.memory.resident, heap_used: now.memory.heapUsed },
    event_loop_delay: quantilesOf(now.loopDelay)!,
  };
}

function quantilesOf(known: Quantiles | null): { p50_ms: number; p99_ms: number } | null {
  return known && { p50_ms: known.p50Ms, p99_ms: known.p99Ms };
}

async function groupsOf({ useCases }: HttpParts): Promise<z.output<typeof overview>['groups']> {
  const listed = await useCases.listGroups.execute({ states: [], types: [] });
  const rows = listed
    .sort((one, other) => (one.groupId < other.groupId ? -1 : 1))
    .map(async ({ groupId: id, state, kind }, at) => {
      const facts = { id, state, type: kind };
      const unknown = { ...facts, members: null, lag: null };
      if (at >= GROUPS_EXAMINED) return unknown;
      try {
        const { members, lags } = await useCases.examineGroup.execute(id);
        return { ...facts, members: members.length, lag: sum(lags.map(({ lag }) => lag)) };
      } catch (error) {
        // It is gone by now, or its coordinator is loading: the next look tells.
        if (error instanceof BrokerError) return unknown;
        throw error;
      }
    });
  return Promise.all(rows);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
