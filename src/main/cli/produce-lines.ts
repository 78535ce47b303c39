import { NodeCompression } from '../../adapters/compression/node-compression.ts';
import { Crc32c } from '../../adapters/runtime/crc32c.ts';
import { NodeRandom } from '../../adapters/runtime/node-random.ts';
import type { KafkaCluster } from '../../adapters/transport/kafka/client/kafka-cluster.ts';
import { Producer } from '../../adapters/transport/kafka/client/producer.ts';
import type { RecordToWrite } from '../../domain/model/log/batch-builder.ts';
import type { Codec } from '../../domain/model/log/codec.ts';
import { UsageError } from './failures.ts';
import { linesIn } from './lines.ts';
import { withCluster } from './with-cluster.ts';

/** What the command line said. */
export interface ProduceFlags {
  readonly bootstrap: string;
  readonly keyDelimiter?: string;
  readonly partition?: number;
  readonly acks: 'all' | '1' | '0';
  readonly header: ReadonlyMap<string, string>;
  readonly compression: Codec;
}

/** More than any broker takes in one record by default. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;
const ACKS = { all: -1, '1': 1, '0': 0 } as const;

/** `hexlog produce`; how many records were written is told on stderr, also when it fails. */
export async function produce(topic: string, flags: ProduceFlags): Promise<void> {
  const compression = new NodeCompression();
  if (!compression.canCompress(flags.compression)) {
    throw new UsageError(
      `this Node.js cannot compress with ${flags.compression}: use another codec`,
    );
  }
  let written = 0;
  try {
    await withCluster(flags.bootstrap, async cluster => {
      const producer = producerOf(topic, { flags, cluster, compression });
      for await (const lines of linesIn(process.stdin, LINE_BYTES_MAX)) {
        await producer.send(recordsOf(lines, flags), count => (written += count));
      }
    });
  } finally {
    process.stderr.write(
      `produced ${written} ${written === 1 ? 'record' : 'records'} to ${topic}\n`,
    );
  }
}

function producerOf(
  topic: string,
  parts: { flags: ProduceFlags; cluster: KafkaCluster; compression: NodeCompression },
): Producer {
  const { flags, cluster, compression } = parts;
  return new Producer({
    cluster,
    topic,
    acks: ACKS[flags.acks],
    codec: flags.compression,
    partition: flags.partition ?? null,
    compression,
    checksum: new Crc32c(),
    random: new NodeRandom(),
  });
}

function recordsOf(lines: readonly Buffer[], flags: ProduceFlags): RecordToWrite[] {
  const delimiter = Buffer.from(flags.keyDelimiter ?? '');
  const headers = Array.from(flags.header, ([key, value]) => ({ key, value: Buffer.from(value) }));
  const timestamp = Date.now();
  return lines.map(line => ({ ...keyAndValue(line, delimiter), headers, timestamp }));
}

function keyAndValue(line: Buffer, delimiter: Buffer): { key: Buffer | null; value: Buffer } {
  const at = delimiter.length === 0 ? -1 : line.indexOf(delimiter);
  if (at < 0) return { key: null, value: line };
  return { key: line.subarray(0, at), value: line.subarray(at + delimiter.length) };
}
