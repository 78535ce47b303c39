import { expectSuccess } from '../../src/adapters/transport/kafka/client/client-error.ts';
import { FindCoordinator } from '../../src/adapters/transport/kafka/messages/find-coordinator.ts';
import type { TopicInfo } from '../../src/adapters/transport/kafka/client/kafka-cluster.ts';
import { decodeResponse, encodeRequest, type ApiOf, type RawClient } from '../raw-client.ts';
import type { Message, Reads, Writes } from '../../src/adapters/transport/kafka/wire/schema.ts';

const FIND = { api: FindCoordinator, version: 6 };

/** A heartbeat that can be sent any number of times while the group is stable. */
export interface Beat {
  readonly client: RawClient;
  readonly request: Buffer;
  /** Throws unless the answer, a lent frame, is that of a stable group. */
  readonly check: (frame: Buffer) => void;
}

/** A group whose members are all played here. */
export interface BenchGroup {
  /** All members join; resolves when each of them has its share. */
  form(): Promise<void>;
  /** One member leaves and another comes; resolves when all have their shares again. */
  replaceOne(): Promise<void>;
  /** One for each member. */
  beats(): Beat[];
}

/** Where a group lives: its members have one of the connections each, in turn, and read one topic. */
export interface Place {
  readonly groupId: string;
  readonly clients: readonly RawClient[];
  readonly topic: TopicInfo;
}

/** Sends one request of an API and gives its whole answer. */
export function call<Q extends Message, S extends Message>(
  client: RawClient,
  { api, version }: { readonly api: ApiOf<Q, S>; readonly version: number },
  body: Writes<Q>,
): Promise<Reads<S>> {
  return client.exchange(encodeRequest(api, version, body), frame =>
    decodeResponse(api, version, Buffer.from(frame)),
  );
}

/** As every client does before it joins; the broker makes the coordinator ready meanwhile. */
export async function findCoordinator({ groupId, clients }: Place): Promise<void> {
  const coordinatorKeys = [groupId];
  const { coordinators } = await call(clients[0]!, FIND, { keyType: 0, coordinatorKeys });
  expectSuccess(coordinators[0]!.errorCode, `find the coordinator of ${groupId}`);
}
