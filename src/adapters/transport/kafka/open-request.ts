import type { Allocate } from '../../../ports/log-storage.ts';
import type { ApiRegistry } from './registry.ts';
import { unsupportedVersion } from './handlers/api-versions.ts';
import { ApiVersions } from './messages/api-versions.ts';
import { readRequestHeader } from './wire/headers.ts';
import { ProtocolError } from './wire/protocol-error.ts';
import type { WireReader } from './wire/reader.ts';
import type { Api } from './wire/schema.ts';

/** A request whose header and body were read. `handle` must be called before the frame's bytes are used again. */
export interface OpenRequest {
  readonly api: Api;
  /** The version of the response. */
  readonly apiVersion: number;
  readonly correlationId: number;
  handle(allocate: Allocate, signal: AbortSignal): unknown;
}

/** Reads a frame. Throws ProtocolError if it is malformed or asks for what is not served. Trailing bytes are ignored, as in Kafka. */
export function openRequest(reader: WireReader, registry: ApiRegistry): OpenRequest {
  const header = readRequestHeader(reader, registry.isFlexible);
  const { apiVersion, correlationId, clientId } = header;
  const { api, handle } = registry.find(header.apiKey);
  if (!api.request.serves(apiVersion)) {
    if (api !== ApiVersions) throw new ProtocolError(`${api.name} v${apiVersion} is not served`);
    // The one answer to an unknown version: in the version that everybody reads (KIP-35, KIP-511).
    return { api, apiVersion: 0, correlationId, handle: () => unsupportedVersion(registry) };
  }
  const body = api.request.at(apiVersion).read(reader) as never;
  return {
    api,
    apiVersion,
    correlationId,
    handle: (allocate, signal) => handle(body, { apiVersion, clientId, allocate, signal }),
  };
}
