import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { topicPath } from '../../api/paths.ts';
import type { TopicView } from '../../api/types.ts';
import { bytes, plural } from '../../format.ts';
import { Icon } from '../../parts/icons.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { usePolled } from '../../state/polled.ts';
import { hrefOf } from '../../state/route.ts';
import { MessagesTab } from '../messages/messages-tab.tsx';
import { NoSuchPage } from '../no-such-page.tsx';
import { DeleteTopic } from '../topics/delete-topic.tsx';
import { ConfigsTab } from './configs-tab.tsx';
import { PartitionsTab } from './partitions-tab.tsx';
import { ProduceTab } from './produce-tab.tsx';
import { TailTab } from '../messages/tail-tab.tsx';

const EVERY_MS = 3_000;

const TABS = {
  messages: 'Messages',
  tail: 'Live tail',
  produce: 'Produce',
  partitions: 'Partitions',
  configs: 'Settings',
} as const;

export type TopicTab = keyof typeof TABS;

/** One topic and all that can be done with it. */
export function TopicPage({
  name,
  tab,
}: {
  readonly name: string;
  readonly tab: string;
}): JSX.Element {
  const { value: topic, error, refresh } = usePolled<TopicView>(topicPath(name), EVERY_MS);
  const isDeleting = useSignal(false);
  const tabs = Object.entries(TABS).map(([id, label]) => {
    return { label, href: hrefOf('topics', name, id), current: id === tab };
  });
  return (
    <section class="page">
      <PageHead
        title={name}
        note={topic && noteOf(topic)}
        back={{ href: hrefOf('topics'), label: 'Topics' }}
      >
        {topic?.internal === false ? (
          <button type="button" class="ghost" onClick={() => (isDeleting.value = true)}>
            <Icon name="trash" /> Delete
          </button>
        ) : null}
      </PageHead>
      <Tabs label={`Parts of ${name}`} tabs={tabs} />
      {topic ? (
        <Content topic={topic} tab={tab} onWritten={refresh} />
      ) : error === null ? (
        <Loading label={`Loading ${name}`} />
      ) : (
        <Failure title="This topic cannot be shown" message={error} onRetry={refresh} />
      )}
      {isDeleting.value ? (
        <DeleteTopic name={name} onClose={() => (isDeleting.value = false)} />
      ) : null}
    </section>
  );
}

function Content({
  topic,
  tab,
  onWritten,
}: {
  readonly topic: TopicView;
  readonly tab: string;
  readonly onWritten: () => void;
}): JSX.Element {
  switch (tab) {
    case 'messages':
      return <MessagesTab topic={topic} />;
    case 'tail':
      return <TailTab topic={topic} />;
    case 'produce':
      return <ProduceTab topic={topic} onWritten={onWritten} />;
    case 'partitions':
      return <PartitionsTab topic={topic} />;
    case 'configs':
      return <ConfigsTab topic={topic.name} />;
    default:
      return <NoSuchPage />;
  }
}

function noteOf({ partitions }: TopicView): string {
  const size = partitions.reduce((sum, one) => sum + one.bytes, 0);
  const records = partitions.reduce((sum, one) => sum + one.end_offset - one.start_offset, 0);
  const all = [plural(partitions.length, 'partition'), plural(records, 'record'), bytes(size)];
  return all.join(' · ');
}
