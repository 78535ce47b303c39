import { BrokerError } from '../../../domain/model/error.ts';
import type { DescribeTopics } from '../../../domain/use-cases/describe-topics.ts';
import type { ProduceRecords, ProducedRecord } from '../../../domain/use-cases/produce-records.ts';
import type { ReadRecords } from '../../../domain/use-cases/read-records.ts';
import type { Logger } from '../../../ports/logger.ts';
import { HELP, type Command, type ConsumeCommand, type ProduceCommand } from './commands.ts';
import { restOf, wordOf } from './words.ts';

/** What this transport drives. */
export interface TextUseCases {
  readonly describeTopics: DescribeTopics;
  readonly produceRecords: ProduceRecords;
  readonly readRecords: ReadRecords;
}

/** Takes a line of an answer, without its end; whoever answers waits when it says so. */
export type Say = (line: string) => Promise<void> | undefined;

/** How many records, and bytes of batches, are read at a time. */
const PAGE_RECORDS = 500;
const PAGE_BYTES = 256 * 1024;

/** Carries out commands, and answers each with one line `OK` or `ERR` after whatever it lists. */
export class TextCommands {
  readonly #useCases: TextUseCases;
  readonly #logger: Logger;

  constructor(useCases: TextUseCases, logger: Logger) {
    this.#useCases = useCases;
    this.#logger = logger;
  }

  async execute(command: Command, say: Say, signal: AbortSignal): Promise<void> {
    switch (command.kind) {
      case 'produce':
        return this.produce([command], say);
      case 'consume':
        return this.#orError(say, () => this.#consume(command, say, signal));
      case 'topics':
        return this.#orError(say, () => this.#topics(say));
      case 'help':
        for (const line of HELP) await say(`# ${line}`);
        return say('OK');
      case 'quit':
        return say('OK bye');
      case 'refused':
        return say(errorLine(command.code, command.message));
      case 'nothing':
    }
  }

  /** Records for one topic, all at once, so that they share a batch and a wait for the disk; a line for each. */
  async produce(commands: readonly ProduceCommand[], say: Say): Promise<void> {
    const { topic } = commands[0]!;
    const records = commands.map(({ key, value }) => ({ partition: null, key, value }));
    const produced = await this.#outcomes(topic, records);
    for (const one of produced) await say(producedLine(one));
  }

  /** A request that failed as a whole failed for each of its records. */
  async #outcomes(
    topic: string,
    records: Parameters<ProduceRecords['execute']>[0]['records'],
  ): Promise<readonly (ProducedRecord | Failure)[]> {
    try {
      return await this.#useCases.produceRecords.execute({ topic, records });
    } catch (error) {
      const failure = this.#failure(error);
      return records.map(() => failure);
    }
  }

  async #consume(
    { topic, partition, offset, count }: ConsumeCommand,
    say: Say,
    signal: AbortSignal,
  ): Promise<void> {
    let [next, end, said] = [offset, offset + 1, 0];
    // An empty page is no end: what was compacted away leaves gaps.
    while (said < count && next < end && !signal.aborted) {
      const page = await this.#useCases.readRecords.execute({
        ...{ topic, partition, offset: next, signal },
        ...{ maxRecords: Math.min(PAGE_RECORDS, count - said), maxBytes: PAGE_BYTES, waitMs: 0 },
      });
      for (const { offset: at, timestamp, key, value } of page.records) {
        const line = `RECORD ${partition} ${at} ${timestamp} ${wordOf(key)} ${restOf(value)}`;
        await say(line);
      }
      said += page.records.length;
      end = page.nextOffset === next ? next : page.highWatermark;
      next = page.nextOffset;
    }
    await say(`OK count=${said} next=${next}`);
  }

  async #topics(say: Say): Promise<void> {
    const { describeTopics } = this.#useCases;
    const described = await describeTopics.execute({ topics: null, allowAutoCreation: false });
    const topics = described.flatMap(({ topic }) => (topic === null ? [] : [topic]));
    topics.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, partitionCount } of topics) {
      await say(`TOPIC ${name} partitions=${partitionCount}`);
    }
    await say(`OK count=${topics.length}`);
  }

  async #orError(say: Say, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { error: code, message } = this.#failure(error);
      await say(errorLine(code, message));
    }
  }

  #failure(error: unknown): Failure {
    if (error instanceof BrokerError) return { error: error.code, message: error.message };
    const stack = error instanceof Error ? error.stack : String(error);
    this.#logger.error({ error: stack }, 'a command of the text transport failed');
    return { error: 'UNKNOWN_SERVER_ERROR', message: 'the broker failed at this command' };
  }
}

interface Failure {
  readonly error: string;
  readonly message: string;
}

function producedLine(produced: ProducedRecord | Failure): string {
  if ('message' in produced) return errorLine(produced.error, produced.message);
  const { partition, offset, timestamp } = produced;
  return `OK partition=${partition} offset=${offset} timestamp=${timestamp}`;
}

function errorLine(code: string, message: string): string {
  return `ERR ${code} ${message.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')}`;
}
