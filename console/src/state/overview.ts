import { computed, signal } from '@preact/signals';
import { ApiError, getJson, messageOf } from '../api/request.ts';
import type { GroupRow, Overview, TopicRow } from '../api/types.ts';
import { poll, type Poll } from './poll.ts';
import { RateSeries, Series } from './series.ts';

/** The latest picture of the broker; null until the first has come. */
export const overview = signal<Overview | null>(null);
/** Why there is no newer one. */
export const trouble = signal<string | null>(null);
export const clusterId = computed(() => overview.value?.broker.cluster_id ?? '');

const EVERY_MS = 2_000;
/** Ten minutes. */
const SAMPLES = 300;
/** What a sparkline shows. */
const FEW_SAMPLES = 40;

/** What was seen since the page was opened. */
export const history = {
  messagesIn: new RateSeries(SAMPLES),
  bytesIn: new RateSeries(SAMPLES),
  bytesOut: new RateSeries(SAMPLES),
  requests: new RateSeries(SAMPLES),
  connections: new Series(SAMPLES),
  producing: new Series(SAMPLES),
  fetching: new Series(SAMPLES),
  topics: new Map<string, RateSeries>(),
  lags: new Map<string, Series>(),
};

let polling: Poll | null = null;

export function startOverview(): void {
  polling ??= poll(refresh, EVERY_MS);
}

/** Asks again at once: after a change, or because somebody pressed "retry". */
export function refreshOverview(): void {
  polling?.now();
}

async function refresh(signal: AbortSignal): Promise<void> {
  try {
    const seen = await getJson<Overview>('/v1/overview', signal);
    remember(Date.now(), seen);
    overview.value = seen;
    trouble.value = null;
  } catch (error) {
    if (signal.aborted) return;
    const isGone = error instanceof ApiError && error.isSilence;
    trouble.value = isGone ? 'The broker does not answer.' : messageOf(error);
  }
}

function remember(nowMs: number, { broker, topics, groups }: Overview): void {
  const { totals, latency } = broker;
  history.messagesIn.observe(nowMs, totals.messages_in);
  history.bytesIn.observe(nowMs, totals.bytes_in);
  history.bytesOut.observe(nowMs, totals.bytes_out);
  history.requests.observe(nowMs, totals.requests);
  history.connections.push(nowMs, broker.connections);
  history.producing.push(nowMs, latency.produce?.p99_ms ?? null);
  history.fetching.push(nowMs, latency.fetch?.p99_ms ?? null);
  rememberTopics(nowMs, topics);
  rememberLags(nowMs, groups);
}

function rememberTopics(nowMs: number, topics: readonly TopicRow[]): void {
  for (const { name, messages_in } of topics) {
    seriesOf(history.topics, name, () => new RateSeries(FEW_SAMPLES)).observe(nowMs, messages_in);
  }
  forget(history.topics, new Set(topics.map(({ name }) => name)));
}

function rememberLags(nowMs: number, groups: readonly GroupRow[]): void {
  for (const { id, lag } of groups) {
    seriesOf(history.lags, id, () => new Series(SAMPLES)).push(nowMs, lag);
  }
  forget(history.lags, new Set(groups.map(({ id }) => id)));
}

function seriesOf<S>(all: Map<string, S>, name: string, make: () => S): S {
  const known = all.get(name);
  if (known) return known;
  const made = make();
  all.set(name, made);
  return made;
}

function forget(all: Map<string, unknown>, present: ReadonlySet<string>): void {
  for (const name of all.keys()) if (!present.has(name)) all.delete(name);
}
