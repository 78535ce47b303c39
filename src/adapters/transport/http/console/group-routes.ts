import { z } from 'zod';
import type { GroupStanding } from '../../../../domain/use-cases/examine-group.ts';
import type { HttpApp } from '../typed-app.ts';
import type { HttpParts } from '../http-parts.ts';
import { group, moves } from './schemas.ts';

const TAGS = ['Console'];
const offset = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const groupPath = z.object({ group: z.string().min(1) });

const seekBody = z.object({
  topic: z.string(),
  partition: z.number().int().min(0).optional(),
  to: z.union([
    z.literal('start'),
    z.literal('end'),
    z.strictObject({ offset }),
    z.strictObject({ timestamp: offset }),
  ]),
  dry_run: z.boolean().default(true),
});

/** `/v1/groups/{group}`, and how its offsets are moved. */
export function groupRoutes(app: HttpApp, { useCases }: HttpParts): void {
  app.get(
    '/v1/groups/:group',
    { schema: { tags: TAGS, params: groupPath, response: { 200: group } } },
    async ({ params }) => groupOf(await useCases.examineGroup.execute(params.group)),
  );
  app.post(
    '/v1/groups/:group/offsets',
    { schema: { tags: TAGS, params: groupPath, body: seekBody, response: { 200: moves } } },
    async ({ params, body }) => {
      const { topic, partition = null, to, dry_run: dryRun } = body;
      const { group: groupId } = params;
      const moved = await useCases.seekGroup.execute({ groupId, topic, partition, to, dryRun });
      return { dry_run: dryRun, moves: moved };
    },
  );
}

function groupOf(standing: GroupStanding): z.output<typeof group> {
  const { groupId: id, state, kind: type, assignor, members } = standing;
  const shown = members.map(member => ({
    id: member.memberId,
    client_id: member.clientId,
    host: member.clientHost,
    instance_id: member.instanceId,
    partitions: member.assignment.flatMap(({ topic, partitions }) =>
      partitions.map(partition => ({ topic, partition })),
    ),
  }));
  const partitions = partitionsOf(standing, shown);
  return { id, state, type, assignor: assignor || null, members: shown, partitions };
}

type Member = z.output<typeof group>['members'][number];
type Partition = z.output<typeof group>['partitions'][number];

/** Those that are committed, and those that somebody has and has not committed yet. */
function partitionsOf({ lags }: GroupStanding, members: readonly Member[]): Partition[] {
  const committed = lags.map(({ topic, partition, committedOffset, endOffset, lag, member }) => {
    const isKnown = endOffset >= 0;
    return {
      ...{ topic, partition, committed: committedOffset, member: member?.memberId ?? null },
      end: isKnown ? endOffset : null,
      lag: isKnown ? lag : null,
    };
  });
  const seen = new Set(committed.map(keyOf));
  const others = members.flatMap(({ id, partitions }) =>
    partitions
      .filter(place => !seen.has(keyOf(place)))
      .map(place => ({ ...place, committed: null, end: null, lag: null, member: id })),
  );
  return [...committed, ...others].sort(byPlace);
}

function byPlace(one: Partition, other: Partition): number {
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1;
  return one.partition - other.partition;
}

function keyOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`;
}
