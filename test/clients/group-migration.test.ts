import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import type { StorageEngine } from '../../src/main/broker-options.ts';
import { testBroker } from '../support/broker.ts';
import { describeClient, TWO_ENGINES } from './support/describe-client.ts';
import {
  Member,
  Numbers,
  numerically,
  PARTITIONS,
  TOPIC,
  until,
  type JoinGroup,
} from './support/group-suite.ts';
import { joinByKafkajs } from './support/kafkajs-member.ts';
import { joinByConsumerProtocol, joiningByRdkafka, QUICK } from './support/rdkafka-group.ts';
import { rdkafkaAbsence } from './support/rdkafka.ts';

/** Six processes start and end one after the other, which takes its time on a busy machine. */
const TIMEOUT_MS = 120_000;

const GROUP = 'g';

/** The state of a classic group; Dead for a consumer group, which this request does not know. */
async function classicState(bootstrap: string): Promise<string> {
  const { Kafka, logLevel } = kafkajs;
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const { groups } = await admin.describeGroups([GROUP]);
  await admin.disconnect();
  return groups[0]!.state;
}

/** A client that leaves does not always say so: then its session ends. */
async function untilClassic(bootstrap: string): Promise<void> {
  while ((await classicState(bootstrap)) === 'Dead');
}

const changing = (storage: StorageEngine): void => {
  const CLASSIC: readonly (readonly [string, JoinGroup])[] = [
    ['kafkajs', joinByKafkajs],
    ['cooperative librdkafka', joiningByRdkafka('cooperative-sticky')],
  ];
  describe.each(CLASSIC)('with %s', (_, joinByClassicProtocol) => {
    test(
      'roll over to the consumer protocol, and back, while records are written',
      async () => {
        await using broker = await testBroker({ storage, settings: QUICK });
        await using numbers = await Numbers.to(broker.bootstrap);
        const all: Member[] = [];
        const join = async (joinGroup: JoinGroup): Promise<Member> => {
          const member = new Member(await joinGroup(broker.bootstrap, GROUP, TOPIC));
          all.push(member);
          await until('a new member', all, () => member.values.length >= 20);
          return member;
        };
        const rounds = setInterval(() => void numbers.write(PARTITIONS), 50);
        try {
          const first = await join(joinByClassicProtocol);
          const second = await join(joinByClassicProtocol);
          expect(await classicState(broker.bootstrap)).not.toBe('Dead');
          const third = await join(joinByConsumerProtocol);
          expect(await classicState(broker.bootstrap)).toBe('Dead');
          await first.leave();
          const fourth = await join(joinByConsumerProtocol);
          await second.leave();
          await join(joinByClassicProtocol);
          await third.leave();
          await fourth.leave();
          await join(joinByClassicProtocol);
          clearInterval(rounds);
          await numbers.write(PARTITIONS);
          const consumed = (): Set<string> => new Set(all.flatMap(({ values }) => values));
          await until('every record', all, () => consumed().size === numbers.count);
          expect(numerically(consumed())).toEqual(numbers.from(0));
          await untilClassic(broker.bootstrap);
        } finally {
          clearInterval(rounds);
          await Promise.all(all.map(member => member.leave()));
        }
      },
      TIMEOUT_MS,
    );
  });
};

describeClient(
  'groups that change their protocol, of node-rdkafka',
  rdkafkaAbsence(),
  changing,
  TWO_ENGINES,
);
