import type { KafkaUseCases } from '../../src/adapters/transport/kafka/kafka-apis.ts';
import type { FlushPolicyName } from '../../src/domain/use-cases/runtime/flush-policy.ts';
import type { MetadataLog } from '../../src/domain/use-cases/runtime/metadata-log.ts';
import { createContainer } from '../../src/main/container.ts';
import { TOKENS as T } from '../../src/main/tokens.ts';
import type { LogStorage } from '../../src/ports/log-storage.ts';
import { countingRandom } from './metadata-fixture.ts';
import type { RecordingLogger } from './recording-logger.ts';
import type { SegmentFilesHarness } from './segment-files-harness.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface SimulatedBrokerOptions {
  /** The disk, which outlives the broker. */
  readonly harness: SegmentFilesHarness;
  readonly time: VirtualTime;
  readonly flushPolicy: FlushPolicyName;
  /** Far below what a topic may ask for, so that a short run rolls many. */
  readonly segmentBytes?: number;
  /** The store of a broker that is still there: the new one takes its logs over. By default it is opened anew. */
  readonly storage?: LogStorage;
}

export const FLUSH_INTERVAL_MS = 1000;

/** The whole broker but its sockets, wired as in production, on a disk that can fail and in time that stands still. */
export class SimulatedBroker {
  readonly use: KafkaUseCases;
  readonly metadata: MetadataLog;
  readonly logger: RecordingLogger;
  readonly storage: LogStorage;

  private constructor(
    use: KafkaUseCases,
    metadata: MetadataLog,
    logger: RecordingLogger,
    storage: LogStorage,
  ) {
    this.use = use;
    this.metadata = metadata;
    this.logger = logger;
    this.storage = storage;
  }

  /** As startBroker does, up to the listener. */
  static async start(options: SimulatedBrokerOptions): Promise<SimulatedBroker> {
    const { harness, time, segmentBytes = 2000 } = options;
    const storage = options.storage ?? (await harness.open({ clock: time }));
    const c = createContainer(brokerOptions(options.flushPolicy));
    c.rebind(T.storage).toConstantValue(withSmallSegments(storage, segmentBytes));
    c.rebind(T.clock).toConstantValue(time);
    c.rebind(T.timers).toConstantValue(time);
    c.rebind(T.random).toConstantValue(countingRandom);
    c.rebind(T.logger).toConstantValue(harness.logger);
    const use = await c.getAsync(T.useCases);
    const metadata = await c.getAsync(T.metadata);
    await use.deleteTopics.removeOrphans(storage);
    const policy = await c.getAsync(T.flushPolicy);
    policy.startBackground(await c.getAsync(T.partitions), time, () => FLUSH_INTERVAL_MS);
    return new SimulatedBroker(use, metadata, harness.logger, storage);
  }
}

function brokerOptions(flushPolicy: FlushPolicyName): Parameters<typeof createContainer>[0] {
  return {
    storage: 'segment-files',
    dataDir: 'none: the storage is given',
    host: '127.0.0.1',
    port: 0,
    httpPort: null,
    textPort: null,
    httpHost: '127.0.0.1',
    httpMaxBodyBytes: 1,
    advertisedHost: null,
    advertisedPort: null,
    brokerId: 1,
    logLevel: 'silent',
    settings: { 'flush.policy': flushPolicy, 'flush.interval.ms': FLUSH_INTERVAL_MS },
  };
}

function withSmallSegments(storage: LogStorage, segmentBytes: number): LogStorage {
  return {
    location: storage.location,
    volume: () => storage.volume(),
    open: (key, epoch, settings) => {
      const { segmentMs } = settings;
      return storage.open(key, epoch, { segmentBytes, segmentMs, indexIntervalBytes: 300 });
    },
    list: () => storage.list(),
    remove: key => storage.remove(key),
    close: () => storage.close(),
  };
}
