import { NodeCompression } from '../../src/adapters/compression/node-compression.ts';
import { BrokerError } from '../../src/domain/model/error.ts';
import { BatchReader } from '../../src/domain/use-cases/runtime/batch-reader.ts';
import {
  GroupReader,
  type GroupRead,
  type GroupReaderOptions,
  type GroupRecord,
} from '../../src/domain/use-cases/runtime/group-reader.ts';
import type { LogStorage } from '../../src/ports/log-storage.ts';
import { GroupCore } from './group-core.ts';
import { RecordsCore } from './records-core.ts';
import { quiet, type VirtualTime } from './virtual-time.ts';

const FOREVER = new AbortController().signal;

/** Readers of groups over the use cases, in virtual time. */
export class ReaderCore {
  readonly groups: GroupCore;
  readonly records: RecordsCore;

  static async start(disk?: LogStorage): Promise<ReaderCore> {
    const groups = await GroupCore.start(disk);
    return new ReaderCore(groups, await RecordsCore.start(groups.core));
  }

  private constructor(groups: GroupCore, records: RecordsCore) {
    this.groups = groups;
    this.records = records;
  }

  get time(): VirtualTime {
    return this.groups.core.time;
  }

  /** A reader of group `g` that reads from the start and commits by itself, unless told otherwise. */
  reader(given: Partial<GroupReaderOptions> = {}): TestReader {
    const { commitOffsets, fetchOffsets, consumerGroupHeartbeat: heartbeat, core } = this.groups;
    const { fetch, listOffsets, metadata, time } = core;
    const reader = new GroupReader(
      {
        ...{ heartbeat, commitOffsets, fetchOffsets, fetch, listOffsets },
        ...{ reader: new BatchReader(new NodeCompression()), topics: metadata.state, timers: time },
      },
      {
        ...{ groupId: 'g', clientId: 'c', clientHost: '/h' },
        ...{ autoOffsetReset: 'earliest', autoCommit: true },
        ...given,
      },
    );
    return new TestReader(reader);
  }

  /** Lets time pass, a little at a time, with all that happens in it. */
  async pass(ms: number, stepMs = 500): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.time.advance(Math.min(stepMs, ms - passed));
      // Answers of the coordinator come after its log was written.
      for (let turns = 0; turns < 20; turns++) await quiet();
    }
  }
}

/** A reader as its client sees it. */
export class TestReader {
  readonly it: GroupReader;

  constructor(reader: GroupReader) {
    this.it = reader;
  }

  /** `orders-0`, ... in order. */
  get assignment(): string {
    const names = this.it.assignment.map(({ topic, partition }) => `${topic}-${partition}`);
    return names.sort().join(' ');
  }

  async subscribe(...topics: string[]): Promise<this> {
    await this.it.subscribe({ topics });
    return this;
  }

  /** Reads what there is, without waiting, and tells it as `0:a 0:b`; the error's name when it fails. */
  async read(given: Partial<GroupRead> = {}): Promise<string> {
    const query = { maxBytes: 1024 * 1024, waitMs: 0, signal: FOREVER, ...given };
    return this.it.read(query).then(shown, nameOf);
  }

  /** The name of the error that something of it fails with. */
  async error(work: (reader: GroupReader) => unknown): Promise<string> {
    try {
      await work(this.it);
    } catch (error) {
      return nameOf(error);
    }
    return 'none';
  }
}

function shown(records: readonly GroupRecord[]): string {
  return records.map(({ partition, record }) => `${partition}:${String(record.value)}`).join(' ');
}

function nameOf(error: unknown): string {
  if (error instanceof BrokerError) return error.code;
  throw error;
}
