import { expect, test } from 'vitest';
import { BrokerError } from '../../src/domain/model/error.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import type { CrashMode } from '../support/faulty-file-system.ts';
import { SegmentFilesHarness } from '../support/segment-files-harness.ts';
import { SeededRandom, seedOfRun } from '../support/seeded-random.ts';
import { SentLog } from '../support/sent-log.ts';
import { SimulatedBroker } from '../support/simulated-broker.ts';
import { SimulatedProducer } from '../support/simulated-producer.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const CAREFUL = { name: 'careful', idempotent: true, acks: -1 } as const;

/** A short history in which every kind of change of the disk occurs: it starts, makes a topic, writes, and rolls segments. */
class History {
  readonly harness = new SegmentFilesHarness();
  readonly log = new SentLog('orders', 0);
  readonly #producer = new SimulatedProducer(CAREFUL, this.log);

  /** One life of a broker: whatever was acknowledged before is there, and more is written. */
  async live(): Promise<void> {
    const { harness, log } = this;
    const time = new VirtualTime();
    const broker = await SimulatedBroker.start({ harness, time, flushPolicy: 'acks-all' });
    if (broker.metadata.state.topicNamed('orders') === undefined) await createTopic(broker);
    await log.recover(broker);
    await Promise.all(await this.#producer.begin(broker));
    for (const bytes of [100, 900, 900, 10]) {
      if (this.#producer.mayAsk) await this.#producer.ask(broker, { count: 2, bytes });
    }
    for (const sent of log.sent) sent.isSafe ||= sent.acknowledgedAt !== null;
  }

  /** As `live`, but for what fails because the machine is gone at the given change. False if it never came to that. */
  async dieAt(change: number): Promise<boolean> {
    const { fileSystem } = this.harness;
    fileSystem.losePowerAt(change);
    await this.live().catch((error: unknown) => {
      const isFailure = error instanceof BrokerError || error instanceof StorageError;
      if (fileSystem.hasPower || !isFailure) throw error;
    });
    return !fileSystem.hasPower;
  }
}

async function createTopic(broker: SimulatedBroker): Promise<void> {
  const topic = {
    name: 'orders',
    partitions: 1,
    replicationFactor: -1,
    assignments: [],
    configs: [],
  };
  await broker.use.createTopics.execute({ topics: [topic], validateOnly: false });
}

test.each<CrashMode>(['kill-process', 'lose-all', 'keep-prefix', 'keep-sectors'])(
  '%s at every change of the disk, and power lost in the life after it: what was acknowledged is there ' +
    '(mutants: skip the fsync, skip the directory fsync)',
  async mode => {
    const seed = seedOfRun();
    let change = 1;
    for (let hasDied = true; hasDied; change++) {
      const random = new SeededRandom(seed + change);
      const history = new History();
      try {
        hasDied = await history.dieAt(change);
        history.harness.fileSystem.crash(mode, random);
        history.log.lostPower = mode !== 'kill-process';
        await history.live();
        history.harness.fileSystem.crash('lose-all', random);
        history.log.lostPower = true;
        await history.live();
      } catch (cause) {
        throw new Error(`seed ${seed}, ${mode} at change ${change}`, { cause });
      }
      expect(history.log.sent.length).toBeGreaterThan(7);
    }
    expect(change, 'a history without changes proves nothing').toBeGreaterThan(50);
  },
);
