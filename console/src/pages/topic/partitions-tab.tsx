import type { JSX } from 'preact';
import type { PartitionRow, TopicView } from '../../api/types.ts';
import { bytes, count } from '../../format.ts';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { narrow } from '../../state/narrow.ts';
import { hrefOf } from '../../state/route.ts';

/** How far every partition reaches. */
export function PartitionsTab({ topic }: { readonly topic: TopicView }): JSX.Element {
  const { name, partitions } = topic;
  return (
    <div class="sheet partitions">
      <div class="heads" aria-hidden="true">
        <span class="head">Partition</span>
        <span class="head numeric">Start</span>
        <span class="head numeric">End</span>
        <span class="head numeric">Records</span>
        <span class="head numeric">Size</span>
        <span class="head numeric">Leader epoch</span>
      </div>
      <VirtualList
        label={`Partitions of ${name}`}
        count={partitions.length}
        rowHeight={narrow.value ? 72 : 44}
        keyOf={index => index}
        row={index => <PartitionLine topic={name} partition={partitions[index]!} />}
      />
    </div>
  );
}

function PartitionLine({
  topic,
  partition: row,
}: {
  readonly topic: string;
  readonly partition: PartitionRow;
}): JSX.Element {
  const { partition, start_offset: start, end_offset: end, error } = row;
  const href = `${hrefOf('topics', topic, 'messages')}?partition=${partition}`;
  return (
    <div class="line partition-line">
      <div class="cell name" role="cell">
        <a href={href}>Partition {partition}</a>
        {error === null ? null : <span class="badge bad">{error}</span>}
      </div>
      <Figure label="Start" value={count(start)} />
      <Figure label="End" value={count(end)} />
      <Figure label="Records" value={count(end - start)} />
      <Figure label="Size" value={bytes(row.bytes)} />
      <Figure label="Epoch" value={count(row.leader_epoch)} />
    </div>
  );
}

/** A number that says what it is where there is no column head. */
export function Figure({
  label,
  value,
}: {
  readonly label: string;
  readonly value: string;
}): JSX.Element {
  return (
    <div class="cell numeric" role="cell">
      <small class="narrow-only">{label} </small>
      {value}
    </div>
  );
}
