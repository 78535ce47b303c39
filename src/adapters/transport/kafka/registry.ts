import type { Durations } from '../../../domain/model/metrics/durations.ts';
import type { Allocate } from '../../../ports/log-storage.ts';
import { NO_METRICS, type Metrics } from '../../../ports/metrics.ts';
import { ProtocolError } from './wire/protocol-error.ts';
import type { Fields } from './wire/field.ts';
import type { Api, Message, Read, Write } from './wire/schema.ts';

/** What a handler knows of a request beside its fields. */
export interface RequestContext {
  readonly apiVersion: number;
  readonly clientId: string | null;
  /** The address that the client connected from. */
  readonly clientHost: string;
  /** Memory for fetched records; it is used again after the response was sent. */
  readonly allocate: Allocate;
  /** Aborted when the client is gone or the broker stops, so that nobody waits on. */
  readonly signal: AbortSignal;
}

/**
 * Answers one request. Views in the request are valid until the handler first returns to its caller. Null is no answer at all
 * (Produce with acks 0). Throws ProtocolError to close the connection.
 */
export type Handler<Request, Response> = (
  request: Request,
  context: RequestContext,
) => Response | null | Promise<Response | null>;

/** One API with the handler that serves all of its versions. */
export interface ServedApi {
  readonly api: Api;
  readonly handle: Handler<never, unknown>;
}

/** One that is measured. */
export interface MeasuredApi extends ServedApi {
  readonly durations: Durations;
}

/** Pairs an API with its handler; the compiler holds both to one schema. */
export function serve<Q extends Fields, S extends Fields>(
  api: Api & { readonly request: Message<Q>; readonly response: Message<S> },
  handle: Handler<Read<Q>, Write<S>>,
): ServedApi {
  return { api, handle };
}

/** What this broker serves, by API key. Whatever ApiVersions says comes from here. */
export class ApiRegistry {
  readonly #byKey = new Map<number, MeasuredApi>();
  readonly #metrics: Metrics;

  constructor(metrics: Metrics = NO_METRICS) {
    this.#metrics = metrics;
  }

  add(...served: readonly ServedApi[]): this {
    for (const { api, handle } of served) {
      this.#byKey.set(api.key, { api, handle, durations: this.#metrics.requests(api.name) });
    }
    return this;
  }

  /** Milliseconds of a clock that only goes forward; it stands still where nothing is measured. */
  readonly nowMs = (): number => this.#metrics.nowMs();

  get apis(): Api[] {
    return Array.from(this.#byKey.values(), ({ api }) => api).sort((a, b) => a.key - b.key);
  }

  /** Throws ProtocolError for a key that is not served. */
  find(apiKey: number): MeasuredApi {
    const served = this.#byKey.get(apiKey);
    if (served === undefined) throw new ProtocolError(`API key ${apiKey} is not served`);
    return served;
  }

  readonly isFlexible = (apiKey: number, apiVersion: number): boolean =>
    this.find(apiKey).api.request.isFlexible(apiVersion);
}
