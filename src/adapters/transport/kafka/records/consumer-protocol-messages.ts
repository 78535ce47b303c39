import {
  array,
  arrayOf,
  bytes,
  int32,
  message,
  NEVER_FLEXIBLE,
  nullable,
  string,
} from '../wire/schema.ts';

/** What a member asks for. v1 owned partitions (KIP-429), v2 their generation (KIP-792), v3 its rack (KIP-881). */
export const ConsumerProtocolSubscription = message(
  'ConsumerProtocolSubscription',
  '0-3',
  NEVER_FLEXIBLE,
  {
    topics: arrayOf(string),
    userData: nullable(bytes).default(null),
    ownedPartitions: array({ topic: string, partitions: arrayOf(int32) })
      .since(1)
      .ignorable(),
    generationId: int32.since(2).default(-1).ignorable(),
    rackId: nullable(string).since(3).default(null).ignorable(),
  },
);

/** What a member gets; all versions are alike. */
export const ConsumerProtocolAssignment = message(
  'ConsumerProtocolAssignment',
  '0-3',
  NEVER_FLEXIBLE,
  {
    assignedPartitions: array({ topic: string, partitions: arrayOf(int32) }),
    userData: nullable(bytes).default(null),
  },
);
