import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { BrokerConfig } from '../../src/domain/model/cluster/broker-config.ts';
import { DEFAULT_COUNT, type NewTopic } from '../../src/domain/model/cluster/topic-plan.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';
import { CreateTopics } from '../../src/domain/use-cases/create-topics.ts';
import { MetadataLog } from '../../src/domain/use-cases/runtime/metadata-log.ts';
import type { Random } from '../../src/ports/random.ts';
import type { LogStorage } from '../../src/ports/log-storage.ts';
import { FailingLogStorage } from './failing-log-storage.ts';
import { RecordingLogger } from './recording-logger.ts';

export const BROKER_ID = 1;

let uuids = 0;
/**
 * Ids that differ from each other in the whole test run, so that a second start never repeats one of the first. The last letter
 * is one that a UUID can end with: only then is it the same after a trip over the wire.
 */
export const countingRandom: Random = {
  uuid: () => `uuid-${String(++uuids).padStart(16, '0')}A`,
  integer: () => 0,
};

export interface MetadataFixture {
  readonly storage: FailingLogStorage;
  readonly metadata: MetadataLog;
  readonly createTopics: CreateTopics;
  readonly logger: RecordingLogger;
  /** Creates topics, or throws why not. */
  readonly create: (...topics: Partial<NewTopic>[]) => Promise<Topic[]>;
}

/** Starts the metadata on a store: on the same one again, it is a restart, and whoever was there before is fenced. */
export async function startMetadata(
  disk: LogStorage = new MemoryLogStorage(),
  given: Record<string, string> = {},
): Promise<MetadataFixture> {
  const storage = new FailingLogStorage(disk);
  const logger = new RecordingLogger();
  const metadata = await MetadataLog.open({
    storage,
    checksum: new Crc32c(),
    clock: { now: () => 1_700_000_000_000 },
    random: countingRandom,
    logger,
    broker: new BrokerConfig(new Map(Object.entries(given))),
  });
  const createTopics = new CreateTopics(metadata, countingRandom, BROKER_ID);
  const create = async (...topics: Partial<NewTopic>[]): Promise<Topic[]> => {
    const wanted = topics.map(newTopic);
    const results = await createTopics.execute({ topics: wanted, validateOnly: false });
    return results.map(({ name, message }) => {
      const topic = metadata.state.topicNamed(name);
      if (!topic) throw new Error(`${name} was not created: ${message}`);
      return topic;
    });
  };
  return { storage, metadata, createTopics, create, logger };
}

/** A wanted topic, with everything left to the broker that is not given. */
export function newTopic(given: Partial<NewTopic>): NewTopic {
  return {
    name: 'orders',
    partitions: DEFAULT_COUNT,
    replicationFactor: DEFAULT_COUNT,
    assignments: [],
    configs: [],
    ...given,
  };
}
