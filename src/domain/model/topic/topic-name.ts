/** Names of topics, by the rules of Kafka's org.apache.kafka.common.internals.Topic. */
export const CLUSTER_METADATA_TOPIC = '__cluster_metadata';
export const OFFSETS_TOPIC = '__consumer_offsets';

const INTERNAL_TOPICS: readonly string[] = [
  OFFSETS_TOPIC,
  '__transaction_state',
  '__share_group_state',
];
const NAME_LENGTH_MAX = 249;
const LEGAL = /^[a-zA-Z0-9._-]+$/;

/** Why a topic may not have this name, in Kafka's words; null when it may. */
export function topicNameProblem(name: string): string | null {
  const reason = illegality(name);
  return reason === null ? null : `Topic name is invalid: ${reason}`;
}

function illegality(name: string): string | null {
  if (name === '') return 'the empty string is not allowed';
  if (name === '.' || name === '..') return `'${name}' is not allowed`;
  if (name.length > NAME_LENGTH_MAX) {
    return `the length of '${name}' is longer than the max allowed length ${NAME_LENGTH_MAX}`;
  }
  if (LEGAL.test(name)) return null;
  const allowed = "ASCII alphanumerics, '.', '_' and '-'";
  return `'${name}' contains one or more characters other than ${allowed}`;
}

/** Whether the broker itself keeps its state in the topic of this name. */
export function isInternalTopic(name: string): boolean {
  return INTERNAL_TOPICS.includes(name);
}

/** Names with one key collide in metric names, where '.' and '_' are the same (Topic.unifyCollisionChars). */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_');
}
