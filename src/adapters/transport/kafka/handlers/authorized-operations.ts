/**
 * Bit fields of what a client may do (KIP-430; bits by AclOperation's codes). Without an authorizer everybody may do all that there
 * is to do (AclEntry.supportedOperations).
 */
const CREATE = 1 << 5;
const ALTER = 1 << 7;
const DESCRIBE = 1 << 8;
const DESCRIBE_CONFIGS = 1 << 10;
const ALTER_CONFIGS = 1 << 11;
const READ = 1 << 3;
const WRITE = 1 << 4;
const DELETE = 1 << 6;
const CLUSTER_ACTION = 1 << 9;
const IDEMPOTENT_WRITE = 1 << 12;

const COMMON = CREATE | ALTER | DESCRIBE | DESCRIBE_CONFIGS | ALTER_CONFIGS;

export const ALL_TOPIC_OPERATIONS = COMMON | READ | WRITE | DELETE;
/** Of a group one may read, describe and delete it, and its configs (KIP-848). */
export const ALL_GROUP_OPERATIONS = READ | DELETE | DESCRIBE | DESCRIBE_CONFIGS | ALTER_CONFIGS;
export const ALL_CLUSTER_OPERATIONS = COMMON | CLUSTER_ACTION | IDEMPOTENT_WRITE;
/** Nobody asked: the least int32. */
export const OPERATIONS_NOT_ASKED = -0x8000_0000;
