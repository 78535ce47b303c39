import type { Allocate } from '../../../ports/log-storage.ts';
import type { BufferPool } from './buffer-pool.ts';
import { unsupportedVersion } from './handlers/api-versions.ts';
import { ApiVersions } from './messages/api-versions.ts';
import type { ApiRegistry, MeasuredApi, RequestContext } from './registry.ts';
import { readRequestHeader, type RequestHeader } from './wire/headers.ts';
import { ProtocolError } from './wire/protocol-error.ts';
import type { WireReader } from './wire/reader.ts';
import type { Api } from './wire/schema.ts';

/** What the requests of one connection share. */
export interface Surroundings {
  readonly registry: ApiRegistry;
  readonly pool: BufferPool;
  readonly clientHost: string;
  /** Aborted when nobody waits for answers any more. */
  readonly signal: AbortSignal;
  /** When the bytes came that are being looked at, by the clock of the registry. */
  receivedMs: number;
}

const NOTHING: readonly Buffer[] = [];

/** One request from its frame to its response: its place in the order of a connection, and what its handler is told beside its fields. */
export class OpenRequest implements RequestContext {
  readonly api: Api;
  /** The version of the response. */
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly #receivedMs: number;
  /** Undefined until there is one; null for none at all. */
  response: unknown = undefined;
  readonly #served: MeasuredApi;
  readonly #body: unknown;
  readonly #surroundings: Surroundings;
  #borrowed: Buffer[] | null = null;

  constructor(
    served: MeasuredApi,
    header: RequestHeader,
    body: unknown,
    surroundings: Surroundings,
  ) {
    this.api = served.api;
    this.apiVersion = header.apiVersion;
    this.correlationId = header.correlationId;
    this.clientId = header.clientId;
    this.#receivedMs = surroundings.receivedMs;
    this.#served = served;
    this.#body = body;
    this.#surroundings = surroundings;
  }

  /** Runs its handler: once, and before the bytes of its frame are used again. */
  begin(): unknown {
    return this.#served.handle(this.#body as never, this);
  }

  /** Its response leaves. */
  answeredAt(nowMs: number): void {
    this.#served.durations.observe(nowMs - this.#receivedMs);
  }

  get clientHost(): string {
    return this.#surroundings.clientHost;
  }

  get signal(): AbortSignal {
    return this.#surroundings.signal;
  }

  /** Made when asked for: most requests have no use for it. */
  get allocate(): Allocate {
    return bytes => {
      const buffer = this.#surroundings.pool.take(bytes);
      (this.#borrowed ??= []).push(buffer);
      return buffer;
    };
  }

  /** Memory of the pool that the response refers to: it goes back when all of it was sent. */
  get borrowed(): readonly Buffer[] {
    return this.#borrowed ?? NOTHING;
  }
}

/**
 * Reads a frame. Throws ProtocolError if it is malformed or asks for what is not served. Trailing bytes are ignored, as in Kafka
 * (AbstractRequest.parseRequest).
 */
export function openRequest(reader: WireReader, surroundings: Surroundings): OpenRequest {
  const { registry } = surroundings;
  const header = readRequestHeader(reader, registry.isFlexible);
  const served = registry.find(header.apiKey);
  const { request, name } = served.api;
  if (request.serves(header.apiVersion)) {
    const body = request.at(header.apiVersion).read(reader);
    return new OpenRequest(served, header, body, surroundings);
  }
  if (served.api !== ApiVersions) {
    throw new ProtocolError(`${name} v${header.apiVersion} is not served`);
  }
  // The one answer to an unknown version: in the version that everybody reads (KIP-35, KIP-511).
  const handle = (): unknown => unsupportedVersion(registry);
  const refusal = { api: ApiVersions, handle, durations: served.durations };
  return new OpenRequest(refusal, { ...header, apiVersion: 0 }, null, surroundings);
}
