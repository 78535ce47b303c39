import { setTimeout as pause } from 'node:timers/promises';
import type { TopicInfo } from '../../src/adapters/transport/kafka/client/kafka-cluster.ts';
import type { MeasuredServer } from '../measured-server.ts';
import { RawClient, createTopic } from '../raw-client.ts';
import { printColumns } from '../table.ts';
import { findCoordinator, type BenchGroup, type Place } from './bench-group.ts';
import { ClassicGroup } from './classic-group.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { sendHeartbeats, type Rhythm } from './heartbeats.ts';

/** What was measured of groups; null is what does not apply. CPU is the broker's, and its share is of one core. */
export interface GroupRow {
  readonly what: string;
  readonly load: string;
  readonly requestsPerSecond: number | null;
  readonly cpuShare: number | null;
  readonly p99Ms: number | null;
  readonly tookMs: number | null;
  readonly cpuMs: number | null;
  readonly longestStallMs: number | null;
  readonly target: string;
}

/** How large and how long. */
export interface GroupSizes {
  readonly groups: number;
  readonly membersEach: number;
  readonly connections: number;
  readonly rhythm: Rhythm;
  /** Of the one group that rebalances. */
  readonly members: number;
  readonly partitions: number;
  readonly rebalances: number;
}

export type Protocol = 'classic' | 'consumer';

/** A group's first members join together, so that one rebalance takes all of them in. */
export const GROUP_SETTINGS = { 'group.initial.rebalance.delay.ms': 30 };
const IDLE_MS = 1000;
const STALL_TARGET = 'stall <= 50';

/** Many groups that do nothing but live. */
export async function heartbeatRows(
  server: MeasuredServer,
  protocol: Protocol,
  sizes: GroupSizes,
): Promise<GroupRow[]> {
  const { groups, membersEach, connections, rhythm } = sizes;
  const clients = await connect(server.port, connections);
  const topic = await topicOf(server.port, membersEach);
  const lanes = Math.floor(connections / membersEach);
  const all = Array.from({ length: groups }, (_, at) => {
    const from = (at % lanes) * membersEach;
    const place = { groupId: `g${at}`, clients: clients.slice(from, from + membersEach), topic };
    return groupOf(protocol, place);
  });
  // A join that waits for others holds up its connection, so that those of a lane form one after the other.
  await Promise.all(Array.from({ length: lanes }, (_, lane) => formEach(all, lane, lanes)));
  const beats = all.flatMap(group => group.beats());
  await sendHeartbeats(beats, { ...rhythm, rounds: 1 });
  const { seconds, cpuSeconds, result } = await timed(server, () => sendHeartbeats(beats, rhythm));
  for (const client of clients) client.close();
  const load = `${groups} x ${membersEach}, every ${rhythm.intervalMs / 1000} s`;
  return [
    {
      ...{ what: `group heartbeats, ${protocol}`, load },
      requestsPerSecond: result.length / seconds,
      cpuShare: cpuSeconds / seconds,
      p99Ms: result.sort((a, b) => a - b)[Math.floor(result.length * 0.99)] ?? null,
      ...{ tookMs: null, cpuMs: null, longestStallMs: null, target: 'little CPU' },
    },
  ];
}

/** One large group: its first rebalance, on a broker that just started, and the worst of those in which a member is replaced. */
export async function rebalanceRows(
  server: MeasuredServer,
  protocol: Protocol,
  { members, partitions, rebalances }: GroupSizes,
): Promise<GroupRow[]> {
  const clients = await connect(server.port, members);
  const topic = await topicOf(server.port, partitions);
  const place = { groupId: 'large', clients, topic };
  await findCoordinator(place);
  const group = groupOf(protocol, place);
  const row = async (what: string, target: string, work: () => Promise<void>) => {
    const measured = await stallDuring(server, work);
    return {
      what: `${what}, ${protocol}`,
      load: `${members}, ${partitions} p`,
      ...measured,
      target,
    };
  };
  const rows = [
    await row('no rebalance, for comparison', '-', () => pause(IDLE_MS)),
    await row('group forms', STALL_TARGET, () => group.form()),
  ];
  let worst: GroupRow | null = null;
  for (let round = 0; round < rebalances; round++) {
    const name = `one member replaced, worst of ${rebalances}`;
    const one = await row(name, STALL_TARGET, () => group.replaceOne());
    if (worst === null || one.longestStallMs > worst.longestStallMs!) worst = one;
  }
  for (const client of clients) client.close();
  return worst === null ? rows : [...rows, worst];
}

/** Prints rows as a table of fixed columns. */
export function printGroupTable(rows: readonly GroupRow[]): void {
  const number = (value: number | null, digits: number): string => value?.toFixed(digits) ?? '-';
  const lines = rows.map(row => [
    row.what,
    row.load,
    number(row.requestsPerSecond, 0),
    row.cpuShare === null ? '-' : `${(row.cpuShare * 100).toFixed(1)}%`,
    number(row.p99Ms, 2),
    number(row.tookMs, 0),
    number(row.cpuMs, 0),
    number(row.longestStallMs, 1),
    row.target,
  ]);
  const header = [
    ...['groups', 'load', 'req/s', 'CPU', 'p99 ms'],
    ...['took ms', 'CPU ms', 'stall ms', 'target'],
  ];
  printColumns(header, lines);
}

function groupOf(protocol: Protocol, place: Place): BenchGroup {
  return protocol === 'classic' ? new ClassicGroup(place) : new ConsumerGroup(place);
}

async function formEach(groups: readonly BenchGroup[], lane: number, lanes: number) {
  for (let at = lane; at < groups.length; at += lanes) await groups[at]!.form();
}

function connect(port: number, count: number): Promise<RawClient[]> {
  return Promise.all(Array.from({ length: count }, () => RawClient.connect(port)));
}

async function topicOf(port: number, count: number): Promise<TopicInfo> {
  const name = 'orders';
  await createTopic(port, name, count);
  const partitions = Array.from({ length: count }, (_, partition) => ({
    ...{ partition, leader: 1, replicas: [1], isr: [1] },
  }));
  return { name, topicId: '', internal: false, partitions };
}

async function timed<T>(server: MeasuredServer, work: () => Promise<T>) {
  const cpuBefore = await server.cpuSeconds();
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  return { seconds, cpuSeconds: (await server.cpuSeconds()) - cpuBefore, result };
}

async function stallDuring(server: MeasuredServer, work: () => Promise<void>) {
  let measured = { seconds: 0, cpuSeconds: 0 };
  const longestStallMs = await server.longestStallMs(async () => {
    measured = await timed(server, work);
  });
  const { seconds, cpuSeconds } = measured;
  return {
    ...{ requestsPerSecond: null, cpuShare: null, p99Ms: null },
    ...{ tookMs: seconds * 1000, cpuMs: cpuSeconds * 1000, longestStallMs },
  };
}
