import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Notices } from './parts/notices.tsx';
import { Failure, Loading } from './parts/states.tsx';
import { BrokerPage } from './pages/broker/broker-page.tsx';
import { GroupPage } from './pages/groups/group-page.tsx';
import { GroupsPage } from './pages/groups/groups-page.tsx';
import { NoSuchPage } from './pages/no-such-page.tsx';
import { TopicPage } from './pages/topic/topic-page.tsx';
import { TopicsPage } from './pages/topics/topics-page.tsx';
import { Sidebar } from './shell/sidebar.tsx';
import { TroubleBanner } from './shell/trouble-banner.tsx';
import { overview, refreshOverview, trouble } from './state/overview.ts';
import { route } from './state/route.ts';

/** The whole console. */
export function App(): JSX.Element {
  const main = useRef<HTMLElement>(null);
  const { path } = route.value;
  const place = path.slice(0, 2).join('/');
  useEffect(() => {
    document.title = [path[1], 'Hexlog'].filter(Boolean).join(' · ');
    scrollTo(0, 0);
  }, [place]);
  const skip = (event: Event): void => {
    // The hash is where the page is kept: a plain link to #main would leave it.
    event.preventDefault();
    main.current?.focus();
  };
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <Sidebar />
      <div class="stage">
        <TroubleBanner />
        <main id="main" ref={main} tabIndex={-1}>
          <Page />
        </main>
      </div>
      <Notices />
    </>
  );
}

function Page(): JSX.Element {
  const seen = overview.value;
  if (seen === null) {
    return trouble.value === null ? (
      <Loading label="Loading the broker" />
    ) : (
      <Failure title="No broker" message={trouble.value} onRetry={refreshOverview} />
    );
  }
  const [page = 'topics', name, tab] = route.value.path;
  if (page === 'topics') {
    return name === undefined ? (
      <TopicsPage overview={seen} />
    ) : (
      <TopicPage key={name} name={name} tab={tab ?? 'messages'} />
    );
  }
  if (page === 'groups') {
    return name === undefined ? (
      <GroupsPage overview={seen} />
    ) : (
      <GroupPage key={name} name={name} />
    );
  }
  return page === 'broker' ? <BrokerPage broker={seen.broker} /> : <NoSuchPage />;
}
