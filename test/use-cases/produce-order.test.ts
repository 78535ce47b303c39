import { beforeEach, describe, expect, test } from 'vitest';
import type { ProduceOutcome } from '../../src/domain/use-cases/produce.ts';
import { batch, BrokerCore, compressedBatch, patched } from '../support/broker-core.ts';
import { quiet } from '../support/virtual-time.ts';

let core: BrokerCore;

beforeEach(async () => {
  core = await BrokerCore.start();
  await core.topic('orders');
});

const offsetsOf = async (sent: Promise<ProduceOutcome>[]): Promise<number[]> =>
  (await Promise.all(sent)).map(({ baseOffset }) => baseOffset);

describe('the order of produced batches', () => {
  test('is that of the requests, when one must be inflated and those after it need not be', async () => {
    await core.send(batch(['first']));
    const packed = await compressedBatch('gzip', ['x'.repeat(100_000)]);
    const sent = [core.send(packed), core.send(batch(['b'])), core.send(batch(['c']))];
    expect(await offsetsOf(sent)).toEqual([1, 2, 3]);
  });

  test('is that of the requests, when a large one is inflated more slowly than a small one', async () => {
    await core.send(batch(['first']));
    const large = await compressedBatch('gzip', [{ value: Buffer.alloc(20_000_000, 'xyz') }]);
    const small = await compressedBatch('gzip', ['y']);
    expect(await offsetsOf([core.send(large), core.send(small)])).toEqual([1, 2]);
  });

  test('is that of the requests, while the log is being opened', async () => {
    core.storage.holds = 'openings';
    const sent = [
      core.send(await compressedBatch('gzip', ['a'.repeat(100_000)])),
      core.send(batch(['b'])),
      core.send(batch(['c'])),
    ];
    await quiet();
    core.storage.releaseAll();
    expect(await offsetsOf(sent)).toEqual([0, 1, 2]);
  });

  test('is kept by the sequences of a producer, across all of it', async () => {
    const packed = await compressedBatch('gzip', ['a'.repeat(100_000)], {
      producer: { id: 7, epoch: 0, baseSequence: 0 },
    });
    const plain = (baseSequence: number) =>
      batch(['b'], { producer: { id: 7, epoch: 0, baseSequence } });
    const sent = [core.send(packed), core.send(plain(1)), core.send(plain(2))];
    expect(await offsetsOf(sent)).toEqual([0, 1, 2]);
  });

  test('does not stop at a batch that cannot be inflated', async () => {
    await core.send(batch(['first']));
    const damaged = await compressedBatch('gzip', ['a'.repeat(500)]);
    const records = batch(['b']);
    const [bad, good] = await Promise.all([core.send(broken(damaged)), core.send(records)]);
    expect([bad.error, good.error, good.baseOffset]).toEqual(['CORRUPT_MESSAGE', null, 1]);
    expect(core.registry.opened([...core.metadata.state.topics()][0]!, 0)?.hasQueue).toBe(false);
  });

  test('a batch is appended before produce returns, when nothing stands in the way', async () => {
    await core.send(batch(['first']));
    const sent = core.send(batch(['second']));
    const partition = core.registry.opened([...core.metadata.state.topics()][0]!, 0);
    expect(partition?.logEndOffset).toBe(2);
    await sent;
  });
});

describe('the memory of a request', () => {
  const overwritten = async (bytes: Buffer): Promise<string[]> => {
    const sent = core.send(bytes);
    bytes.fill(0xee);
    core.storage.releaseAll();
    expect((await sent).error).toBeNull();
    return core.values();
  };

  test('may be used again when a plain batch was appended at once', async () => {
    await core.send(batch(['first']));
    expect(await overwritten(batch(['second']))).toEqual(['first', 'second']);
  });

  test('may be used again while the log is being opened', async () => {
    core.storage.holds = 'openings';
    expect(await overwritten(batch(['kept']))).toEqual(['kept']);
  });

  test('may be used again while the batch is inflated', async () => {
    const topic = await core.topic('plain', { 'compression.type': 'uncompressed' });
    const bytes = await compressedBatch('gzip', ['kept']);
    const sent = core.send(bytes, { topic: topic.name });
    bytes.fill(0xee);
    expect((await sent).error).toBeNull();
    expect(await core.values({ topic: topic.name })).toEqual(['kept']);
  });

  test('may be used again by a batch in line behind another', async () => {
    await core.send(batch(['first']));
    const ahead = core.send(await compressedBatch('gzip', ['a'.repeat(100_000)]));
    const bytes = batch(['kept']);
    const sent = core.send(bytes);
    bytes.fill(0xee);
    await ahead;
    expect((await sent).error).toBeNull();
    expect(await core.values({ fetchOffset: 2 })).toEqual(['kept']);
  });
});

/** Cuts the end of the compressed records, and says so in the header, with a CRC that is right. */
function broken(bytes: Buffer): Buffer {
  return patched(bytes.subarray(0, -9), copy => copy.writeInt32BE(copy.length - 12, 8));
}
