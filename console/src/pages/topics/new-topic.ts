export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly policy: Policy;
  /** One `name=value` a line. */
  readonly settings: string;
}

export type Policy = keyof typeof POLICIES;

export const POLICIES = {
  delete: 'delete',
  compact: 'compact',
  'compact,delete': 'compact, delete',
} as const;

interface Config {
  readonly name: string;
  readonly value: string;
}

/** The body of Confluent's `POST /v3/clusters/{id}/topics`; throws for a line that is no setting. */
export function newTopicRequest({ name, partitions, policy, settings }: NewTopic): object {
  const own: Config[] = policy === 'delete' ? [] : [{ name: 'cleanup.policy', value: policy }];
  return {
    topic_name: name,
    partitions_count: partitions,
    replication_factor: 1,
    configs: [...own, ...parseSettings(settings)],
  };
}

function parseSettings(text: string): Config[] {
  const lines = text.split('\n').map(line => line.trim());
  return lines
    .filter(line => line !== '')
    .map(line => {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`"${line}" is not name=value.`);
      return { name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() };
    });
}
