import { expect, test } from 'vitest';
import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import { BrokerConfig } from '../../src/domain/model/cluster/broker-config.ts';
import { RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import { Topic } from '../../src/domain/model/topic/topic.ts';
import { RecordIntake } from '../../src/domain/use-cases/runtime/record-intake.ts';
import { CompressionError, type Compression } from '../../src/ports/compression.ts';
import { compressedBatch, inflate } from '../support/broker-core.ts';
import { VirtualTime } from '../support/virtual-time.ts';

/** A codec that inflates when the test says so, or finds damage. */
class HeldCompression implements Compression {
  readonly begun: ((outcome: 'whole' | 'damaged') => void)[] = [];

  async decompress(...[codec, bytes]: Parameters<Compression['decompress']>): Promise<Buffer> {
    const outcome = await new Promise(resolve => this.begun.push(resolve));
    if (outcome === 'damaged') throw new CompressionError('corrupt', 'a test said so');
    return inflate(codec, bytes);
  }
  compress(): never {
    throw new Error('nothing is compressed here');
  }
  canCompress(): boolean {
    return false;
  }
}

test('few batches are inflated at a time, whatever comes, and a bad one keeps no place', async () => {
  const compression = new HeldCompression();
  const intake = new RecordIntake(new Crc32c(), compression, new VirtualTime());
  const facts = { id: 'a', name: 'orders', partitionCount: 1, configs: new Map() };
  const topic = new Topic(facts, new BrokerConfig(new Map()).topicDefault);
  const packed = await compressedBatch('gzip', ['a']);
  const admitted = Array.from({ length: 10 }, () => intake.admit(packed, topic, true));
  expect(compression.begun.length).toBe(4);

  compression.begun[0]!('damaged');
  expect(await admitted[0]).toMatchObject({ error: 'CORRUPT_MESSAGE' });
  expect(compression.begun.length).toBe(5);

  for (let at = 1; at < admitted.length; at++) {
    compression.begun[at]!('whole');
    expect(await admitted[at]).toBeInstanceOf(RecordBatch);
    expect(compression.begun.length).toBe(Math.min(10, at + 5));
  }
});
