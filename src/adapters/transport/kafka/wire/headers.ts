import type { WireReader } from './reader.ts';
import type { Api } from './schema.ts';
import type { WireWriter } from './writer.ts';

/** What precedes every request (Kafka's RequestHeader, versions 1 and 2). */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** Tells of an API key and version whether its request header has tagged fields; throws ProtocolError for an unknown key. */
export type IsFlexible = (apiKey: number, apiVersion: number) => boolean;

/** Reads header version 2 where the request is flexible, else 1. The client id is never compact (KIP-511). */
export function readRequestHeader(reader: WireReader, isFlexible: IsFlexible): RequestHeader {
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const flexible = isFlexible(apiKey, apiVersion);
  const clientId = reader.nullableString();
  if (flexible) reader.skipTags();
  return { apiKey, apiVersion, correlationId, clientId };
}

export function writeRequestHeader(
  writer: WireWriter,
  api: Api,
  header: Omit<RequestHeader, 'apiKey'>,
): void {
  writer.int16(api.key);
  writer.int16(header.apiVersion);
  writer.int32(header.correlationId);
  writer.nullableString(header.clientId);
  if (api.request.isFlexible(header.apiVersion)) writer.uvarint(0);
}

/**
 * Writes header version 1 where the response is flexible, else 0. ApiVersions always has version 0, for its reader does not
 * know yet what the broker speaks (KIP-511).
 */
export function writeResponseHeader(
  writer: WireWriter,
  api: Api,
  { apiVersion, correlationId }: Pick<RequestHeader, 'apiVersion' | 'correlationId'>,
): void {
  writer.int32(correlationId);
  if (hasTags(api, apiVersion)) writer.uvarint(0);
}

/** The correlation id of a response to a request of `apiVersion`. */
export function readResponseHeader(reader: WireReader, api: Api, apiVersion: number): number {
  const correlationId = reader.int32();
  if (hasTags(api, apiVersion)) reader.skipTags();
  return correlationId;
}

function hasTags(api: Api, apiVersion: number): boolean {
  return api.plainResponseHeader !== true && api.response.isFlexible(apiVersion);
}
