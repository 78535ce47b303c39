import { BrokerError } from '../error.ts';
import { partitionRefKey, type PartitionRef } from '../log/partition-ref.ts';
import { FetchSession, type FetchPartition } from './fetch-session.ts';

/** The session part of a Fetch request. Session id 0 is no session; epoch 0 asks for a new one, -1 ends it. */
export interface FetchSessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly partitions: readonly FetchPartition[];
  readonly forgotten: readonly PartitionRef[];
  readonly usesTopicIds: boolean;
}

/**
 * What to read for a request, and the session that it continues, if any, with the epoch that the next request has to name; a full
 * answer lists every partition.
 */
export interface FetchContext {
  readonly session: FetchSession | null;
  readonly epoch: number;
  readonly partitions: readonly FetchPartition[];
  readonly full: boolean;
}

const INITIAL_EPOCH = 0;
const FINAL_EPOCH = -1;
const MAX_ID = 0x7fff_ffff;

/**
 * The fetch sessions of a broker, bounded: when all slots are taken, a session unused for `evictionMs` makes room, or a smaller
 * one that is as old; otherwise the client is served without one (KIP-227; Kafka's FetchSessionCache and FetchManager).
 */
export class FetchSessionCache {
  readonly #slots: number;
  readonly #evictionMs: number;
  readonly #randomId: () => number;
  readonly #sessions = new Map<number, FetchSession>();

  /** `randomId` gives an integer from 0 to 2^31 - 2. */
  constructor(slots: number, evictionMs: number, randomId: () => number) {
    this.#slots = slots;
    this.#evictionMs = evictionMs;
    this.#randomId = randomId;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Throws FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH or FETCH_SESSION_TOPIC_ID_ERROR. */
  begin(request: FetchSessionRequest, nowMs: number): FetchContext {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch !== INITIAL_EPOCH && sessionEpoch !== FINAL_EPOCH) {
      return this.#continue(request, nowMs);
    }
    if (sessionId !== 0) this.#sessions.delete(sessionId);
    const partitions = distinct(request.partitions);
    const wanted = sessionEpoch === INITIAL_EPOCH && partitions.length > 0;
    const session = wanted ? this.#create(request, nowMs) : null;
    return { session, epoch: session?.epoch ?? FINAL_EPOCH, partitions, full: true };
  }

  #continue(request: FetchSessionRequest, nowMs: number): FetchContext {
    const { sessionId, sessionEpoch } = request;
    const session = this.#sessions.get(sessionId);
    if (session === undefined) {
      throw new BrokerError('FETCH_SESSION_ID_NOT_FOUND', `there is no fetch session ${sessionId}`);
    }
    if (session.epoch !== sessionEpoch) {
      const message = `fetch session ${sessionId} is at epoch ${session.epoch}, not ${sessionEpoch}`;
      throw new BrokerError('INVALID_FETCH_SESSION_EPOCH', message);
    }
    if (session.usesTopicIds !== request.usesTopicIds) {
      throw new BrokerError(
        'FETCH_SESSION_TOPIC_ID_ERROR',
        'a session uses names or ids, not both',
      );
    }
    session.update(request.partitions, request.forgotten);
    this.#touch(session, nowMs);
    if (session.size > 0) session.epoch = session.epoch === MAX_ID ? 1 : session.epoch + 1;
    else this.#sessions.delete(sessionId);
    return {
      session: session.size > 0 ? session : null,
      epoch: session.epoch,
      partitions: session.partitions(),
      full: false,
    };
  }

  #create(request: FetchSessionRequest, nowMs: number): FetchSession | null {
    if (this.#sessions.size >= this.#slots && !this.#evict(request, nowMs)) return null;
    let id = 0;
    while (id === 0 || this.#sessions.has(id)) id = this.#randomId() + 1;
    const session = new FetchSession(id, request.usesTopicIds, nowMs);
    session.update(request.partitions, []);
    this.#sessions.set(id, session);
    return session;
  }

  /** FetchSessionCacheShard.tryEvict. The map is kept in order of use: the first was not used for longest. */
  #evict({ partitions }: FetchSessionRequest, nowMs: number): boolean {
    const isOld = (sinceMs: number): boolean => nowMs - sinceMs > this.#evictionMs;
    const [idle] = this.#sessions.values();
    if (idle !== undefined && isOld(idle.lastUsedMs)) return this.#sessions.delete(idle.id);
    let smallest: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      const bound = smallest?.size ?? partitions.length;
      if (isOld(session.createdMs) && session.size < bound) smallest = session;
    }
    return smallest !== undefined && this.#sessions.delete(smallest.id);
  }

  #touch(session: FetchSession, nowMs: number): void {
    session.lastUsedMs = nowMs;
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
  }
}

/** A partition that a request names twice is read once, as it was said last (FetchRequest.fetchData). */
function distinct(partitions: readonly FetchPartition[]): readonly FetchPartition[] {
  if (partitions.length < 2) return partitions;
  return [...new Map(partitions.map(wanted => [partitionRefKey(wanted), wanted])).values()];
}
