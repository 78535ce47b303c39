import { describe } from 'vitest';
import { describeClient } from './support/describe-client.ts';
import { groupSuite } from './support/group-suite.ts';
import { joinByConsumerProtocol, joiningByRdkafka, QUICK } from './support/rdkafka-group.ts';
import { rdkafkaAbsence } from './support/rdkafka.ts';

describeClient('groups of node-rdkafka', rdkafkaAbsence(), storage => {
  describe('eager', () => groupSuite(storage, joiningByRdkafka('range,roundrobin')));
  describe('cooperative', () => groupSuite(storage, joiningByRdkafka('cooperative-sticky')));
  describe('consumer protocol', () => groupSuite(storage, joinByConsumerProtocol, QUICK));
});
