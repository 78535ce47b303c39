import { createConnection } from 'node:net';
import { once } from 'node:events';
import { Fetch } from '../src/adapters/transport/kafka/messages/fetch.ts';
import { Produce } from '../src/adapters/transport/kafka/messages/produce.ts';
import type { MeasuredServer } from './measured-server.ts';
import {
  RawClient,
  createTopic,
  decodeResponse,
  fetchRequest,
  produceRequest,
} from './raw-client.ts';

/** What one run gave. Times are of the wall clock; CPU is the server's. */
export interface Measurement {
  readonly megabytesPerSecond: number;
  readonly requestsPerSecond: number;
  readonly cpuSecondsPerGigabyte: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

const IN_FLIGHT_BYTES = 4 * 1024 * 1024;
const SINGLE_FILE = 256 * 1024;

interface Run {
  readonly bytes: number;
  readonly requests: number;
  readonly latenciesMs?: number[];
}

/** Runs a workload and measures it. */
export async function measure(
  server: MeasuredServer,
  work: () => Promise<Run>,
): Promise<Measurement> {
  const cpuBefore = await server.cpuSeconds();
  const start = performance.now();
  const { bytes, requests, latenciesMs = [] } = await work();
  const seconds = (performance.now() - start) / 1000;
  const cpu = (await server.cpuSeconds()) - cpuBefore;
  latenciesMs.sort((a, b) => a - b);
  const at = (part: number): number | null =>
    latenciesMs[Math.floor(latenciesMs.length * part)] ?? null;
  return {
    megabytesPerSecond: bytes / 1e6 / seconds,
    requestsPerSecond: requests / seconds,
    cpuSecondsPerGigabyte: cpu / (bytes / 1e9),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

/** The same bytes that producers would send, into a file and nothing more. */
export async function sink(port: number, batchBytes: number, totalBytes: number): Promise<Run> {
  const request = produceRequest('sink', batchBytes, 1);
  const requests = Math.ceil(totalBytes / request.length);
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(requests * request.length));
  socket.write(length);
  const perWrite = Math.max(1, Math.floor(SINGLE_FILE / request.length));
  for (let sent = 0; sent < requests;) {
    socket.cork();
    for (let i = 0; i < perWrite && sent < requests; i++, sent++) socket.write(request);
    socket.uncork();
    if (socket.writableLength > IN_FLIGHT_BYTES) await once(socket, 'drain');
  }
  await once(socket, 'data');
  socket.destroy();
  return { bytes: requests * request.length, requests };
}

export interface ProduceLoad {
  readonly topic: string;
  readonly batchBytes: number;
  readonly totalBytes: number;
  readonly acks: number;
}

/** Pipelined producing over one connection; every response must be without error. */
export async function produce(port: number, load: ProduceLoad): Promise<Run> {
  const request = produceRequest(load.topic, load.batchBytes, load.acks);
  const requests = Math.ceil(load.totalBytes / request.length);
  const depth = Math.max(4, Math.min(500, Math.floor(IN_FLIGHT_BYTES / request.length)));
  const client = await RawClient.connect(port);
  let first = true;
  await client.pipeline(request, requests, depth, frame => {
    const answer = first || frame.length > 200 ? decodeResponse(Produce, 9, frame) : null;
    first = false;
    const code = answer?.responses[0]?.partitionResponses[0]?.errorCode ?? 0;
    if (code !== 0) throw new Error(`produce failed with ${code}`);
  });
  client.close();
  return { bytes: requests * request.length, requests };
}

/** One request after the other, for what a lone client waits. */
export async function produceOneByOne(
  port: number,
  load: ProduceLoad,
  count: number,
): Promise<Run> {
  const request = produceRequest(load.topic, load.batchBytes, load.acks);
  const client = await RawClient.connect(port);
  const latenciesMs: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await client.ask(request);
    latenciesMs.push(performance.now() - start);
  }
  client.close();
  return { bytes: count * request.length, requests: count, latenciesMs };
}

/** Reads a topic from its start to its end, one megabyte a request. */
export async function fetchAll(port: number, topic: string, maxBytes: number): Promise<Run> {
  const client = await RawClient.connect(port);
  let bytes = 0;
  let requests = 0;
  for (let offset = 0, end = 1; offset < end; requests++) {
    const frame = await client.ask(fetchRequest(topic, offset, maxBytes));
    const partition = decodeResponse(Fetch, 12, frame).responses[0]!.partitions[0]!;
    const { records } = partition;
    if (partition.errorCode !== 0 || !records) throw new Error(`fetch gave ${partition.errorCode}`);
    end = partition.highWatermark;
    bytes += records.length;
    // Every batch here has one record and one size, so the offsets follow from the bytes.
    offset += records.length / (12 + records.readInt32BE(8));
  }
  client.close();
  return { bytes, requests };
}

export { createTopic };
