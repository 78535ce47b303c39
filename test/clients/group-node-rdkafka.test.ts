import { describe } from 'vitest';
import { describeClient, TWO_ENGINES } from './support/describe-client.ts';
import { groupSuite } from './support/group-suite.ts';
import { joinByConsumerProtocol, joiningByRdkafka, QUICK } from './support/rdkafka-group.ts';
import { rdkafkaAbsence } from './support/rdkafka.ts';

describeClient('groups of node-rdkafka', rdkafkaAbsence(), storage => {
  describe('eager', () => groupSuite(storage, joiningByRdkafka('range,roundrobin')));
});

// Members are processes, slow to start: one strategy shows that an engine keeps what a group commits.
describeClient(
  'groups of node-rdkafka by other ways',
  rdkafkaAbsence(),
  storage => {
    describe('cooperative', () => groupSuite(storage, joiningByRdkafka('cooperative-sticky')));
    describe('consumer protocol', () => groupSuite(storage, joinByConsumerProtocol, QUICK));
  },
  TWO_ENGINES,
);
