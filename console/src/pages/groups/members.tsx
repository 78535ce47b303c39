import type { JSX } from 'preact';
import type { GroupMember } from '../../api/types.ts';

/** Who is in a group, and what each reads. */
export function Members({ members }: { readonly members: readonly GroupMember[] }): JSX.Element {
  if (members.length === 0) return <p class="note">Nobody is reading.</p>;
  return (
    <ul class="cards">
      {members.map(member => (
        <li key={member.id} class="sheet member-card">
          <h3 title={member.id}>{member.client_id || member.id}</h3>
          <p class="note">
            {member.host}
            {member.instance_id === null ? '' : ` · ${member.instance_id}`}
          </p>
          <ul class="chips">
            {assignmentOf(member).map(text => (
              <li key={text} class="badge">
                {text}
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

/** `orders: 0, 1, 2`. */
function assignmentOf({ partitions }: GroupMember): string[] {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition]);
  }
  return Array.from(byTopic, ([topic, numbers]) => `${topic}: ${numbers.join(', ')}`);
}
