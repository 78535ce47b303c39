import { describe } from 'vitest';
import { ENGINES } from '../support/broker.ts';
import { groupSuite } from './support/group-suite.ts';
import { joinByKafkajs } from './support/kafkajs-member.ts';

describe.concurrent.each(ENGINES)('groups of kafkajs on %s', storage =>
  groupSuite(storage, joinByKafkajs),
);
