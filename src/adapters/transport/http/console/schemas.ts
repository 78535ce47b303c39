import { z } from 'zod';

/** What the console is told. Sizes are bytes, times milliseconds. */

const quantiles = z.object({ p50_ms: z.number(), p99_ms: z.number() });

export const broker = z.object({
  id: z.number(),
  version: z.string(),
  cluster_id: z.string(),
  uptime_ms: z.number(),
  storage: z.string(),
  data_dir: z.string().nullable(),
  listeners: z.array(z.object({ name: z.string(), address: z.string() })),
  connections: z.number(),
  totals: z.object({
    messages_in: z.number(),
    bytes_in: z.number(),
    bytes_out: z.number(),
    requests: z.number(),
  }),
  latency: z.object({ produce: quantiles.nullable(), fetch: quantiles.nullable() }),
  memory: z.object({ rss: z.number(), heap_used: z.number() }),
  event_loop_delay: quantiles,
});

const topicRow = z.object({
  name: z.string(),
  internal: z.boolean(),
  partitions: z.number(),
  records: z.number().nullable(),
  bytes: z.number(),
  messages_in: z.number().nullable(),
});

const groupRow = z.object({
  id: z.string(),
  state: z.string(),
  type: z.string(),
  members: z.number().nullable(),
  lag: z.number().nullable(),
});

export const overview = z.object({
  broker,
  topics: z.array(topicRow),
  groups: z.array(groupRow),
});

export const setting = z.object({
  name: z.string(),
  value: z.string().nullable(),
  type: z.string(),
  source: z.string(),
  read_only: z.boolean(),
  documentation: z.string(),
});
export const settings = z.object({ settings: z.array(setting) });

export const topic = z.object({
  name: z.string(),
  id: z.string(),
  internal: z.boolean(),
  partitions: z.array(
    z.object({
      partition: z.number(),
      start_offset: z.number(),
      end_offset: z.number(),
      bytes: z.number(),
      leader_epoch: z.number(),
      error: z.string().nullable(),
    }),
  ),
});

const placed = z.object({ topic: z.string(), partition: z.number() });

export const group = z.object({
  id: z.string(),
  state: z.string(),
  type: z.string(),
  assignor: z.string().nullable(),
  members: z.array(
    z.object({
      id: z.string(),
      client_id: z.string(),
      host: z.string(),
      instance_id: z.string().nullable(),
      partitions: z.array(placed),
    }),
  ),
  partitions: z.array(
    placed.extend({
      committed: z.number().nullable(),
      end: z.number().nullable(),
      lag: z.number().nullable(),
      member: z.string().nullable(),
    }),
  ),
});

export const moves = z.object({
  dry_run: z.boolean(),
  moves: z.array(placed.extend({ from: z.number().nullable(), to: z.number() })),
});
