import type {
  EmbeddedProtocol,
  NamedPartitions,
} from '../../src/domain/model/group/migration/embedded-protocol.ts';

/**
 * What consumers tell one another, as text. A subscription is its topics with blanks between them, and after a semicolon what
 * the member owns: `t u;t/0,1 u/2`. An assignment is written like what is owned. What has a question mark cannot be read.
 */
export const TEXT_PROTOCOL: EmbeddedProtocol = {
  readSubscription(bytes) {
    const text = bytes.toString();
    if (text.includes('?')) return null;
    const [topics = '', owned = ''] = text.split(';');
    const ownedPartitions = partitionsIn(owned);
    return { version: 3, topics: words(topics), ownedPartitions, rackId: null };
  },
  readAssignment(bytes) {
    const text = bytes.toString();
    return text.includes('?') ? null : { assignedPartitions: partitionsIn(text) };
  },
  writeAssignment({ assignedPartitions }) {
    return Buffer.from(partitionsText(assignedPartitions));
  },
};

export function partitionsText(named: readonly NamedPartitions[]): string {
  const texts = named.filter(({ partitions }) => partitions.length > 0);
  return texts
    .map(({ topic, partitions }) => `${topic}/${partitions.join(',')}`)
    .sort()
    .join(' ');
}

export function partitionsIn(text: string): NamedPartitions[] {
  return words(text).map(each => {
    const [topic = '', partitions = ''] = each.split('/');
    return { topic, partitions: partitions.split(',').map(Number) };
  });
}

function words(text: string): string[] {
  return text.split(' ').filter(word => word !== '');
}
