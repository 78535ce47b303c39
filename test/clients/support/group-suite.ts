import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import type { ENGINES } from '../../support/broker.ts';
import { testBroker, type TestBroker } from '../../support/broker.ts';

/** A consumer in a group. What it consumes, it commits: all of it, before it has left. */
export interface GroupClient {
  /** The values that it has consumed, in the order in which they came. */
  readonly values: readonly string[];
  /** Calls back whenever a value comes, or it ends. */
  onNews(listener: () => void): void;
  leave(): Promise<void>;
  /** It drops what it has taken when it is told to leave, though it has committed it: nothing may be under way then. */
  readonly dropsOnLeave?: boolean;
}

export type JoinGroup = (bootstrap: string, groupId: string, topic: string) => Promise<GroupClient>;

export const PARTITIONS = 4;
export const TOPIC = 'numbers';
const PATIENCE_MS = 20_000;

/** A client of a group that goes when the test does, whatever comes. */
export class Member implements AsyncDisposable {
  readonly client: GroupClient;
  #left: Promise<void> | null = null;

  constructor(client: GroupClient) {
    this.client = client;
  }

  get values(): readonly string[] {
    return this.client.values;
  }

  leave(): Promise<void> {
    return (this.#left ??= this.client.leave());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }
}

/** Resolves when it holds; looked at whenever a member has news. */
export async function until(
  what: string,
  members: readonly Member[],
  holds: () => boolean,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    const counts = (): string => members.map(({ values }) => values.length).join(' and ');
    const late = (): void => reject(new Error(`waited for ${what}: ${counts()} values came`));
    timer = setTimeout(late, PATIENCE_MS);
    const look = (): void => {
      if (holds()) resolve();
    };
    for (const { client } of members) client.onNews(look);
    look();
  });
  clearTimeout(timer);
}

/** Writes numbers one after the other, to all partitions in turn. */
export class Numbers implements AsyncDisposable {
  readonly #producer: kafkajs.Producer;
  count = 0;

  private constructor(producer: kafkajs.Producer) {
    this.#producer = producer;
  }

  static async to(bootstrap: string): Promise<Numbers> {
    const { Kafka, Partitioners, logLevel } = kafkajs;
    const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }] });
    await admin.disconnect();
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    return new Numbers(producer);
  }

  /** Values are `0`, `1` and so on. */
  async write(count: number): Promise<void> {
    const messages = Array.from({ length: count }, (_, at) => {
      const number = this.count + at;
      return { partition: number % PARTITIONS, value: String(number) };
    });
    this.count += count;
    await this.#producer.send({ topic: TOPIC, messages });
  }

  /** All that were written, from one on. */
  from(first: number): string[] {
    return Array.from({ length: this.count - first }, (_, at) => String(first + at));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.disconnect();
  }
}

export const numerically = (values: Iterable<string>): string[] =>
  [...values].sort((a, b) => Number(a) - Number(b));

/** What every client's consumer group must be able to do, on a storage engine, with broker settings where it needs them. */
export function groupSuite(
  storage: (typeof ENGINES)[number],
  joinGroup: JoinGroup,
  settings: Readonly<Record<string, string | number>> = {},
): void {
  const join = async (broker: TestBroker, groupId = 'g'): Promise<Member> =>
    new Member(await joinGroup(broker.bootstrap, groupId, TOPIC));

  test('members come and go while records are written: every record is consumed', async () => {
    await using broker = await testBroker({ storage, settings });
    await using numbers = await Numbers.to(broker.bootstrap);
    await using first = await join(broker);
    await numbers.write(40);
    await until('the first member', [first], () => first.values.length >= 40);
    await using second = await join(broker);
    const all = [first, second];
    const write = (): NodeJS.Timeout => setInterval(() => void numbers.write(PARTITIONS), 50);
    const consumed = (): Set<string> => new Set(all.flatMap(({ values }) => values));
    const everything = (): boolean => consumed().size === numbers.count;
    let rounds = write();
    await until('the second member', all, () => second.values.length >= 20);
    await using third = await join(broker);
    all.push(third);
    await until('the third member', [third], () => third.values.length >= 20);
    if (first.client.dropsOnLeave) clearInterval(rounds);
    if (first.client.dropsOnLeave) await until('what is under way', all, everything);
    await first.leave();
    if (first.client.dropsOnLeave) rounds = write();
    const seen = second.values.length;
    await until('the rest', [second, third], () => second.values.length >= seen + 20);
    clearInterval(rounds);
    await numbers.write(PARTITIONS);
    await until('every record', all, everything);
    expect(numerically(consumed())).toEqual(numbers.from(0));
  });

  test('a group goes on exactly where it has committed, also after a restart', async () => {
    await using broker = await testBroker({ storage, settings });
    const persists = storage !== 'memory';
    await using numbers = await Numbers.to(broker.bootstrap);
    await numbers.write(40);
    await using first = await join(broker);
    await until('the first records', [first], () => first.values.length >= 40);
    await first.leave();
    expect(numerically(first.values)).toEqual(numbers.from(0));
    if (persists) await broker.restart();
    await numbers.write(20);
    await using second = await join(broker);
    await until('the records after', [second], () => second.values.length >= 20);
    await second.leave();
    expect(numerically(second.values)).toEqual(numbers.from(40));
    await using other = await join(broker, 'other');
    await until('all records', [other], () => other.values.length >= 60);
    expect(numerically(other.values)).toEqual(numbers.from(0));
  });
}
