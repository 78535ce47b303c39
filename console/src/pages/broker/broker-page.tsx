import type { JSX } from 'preact';
import type { BrokerView, Quantiles } from '../../api/types.ts';
import { bytes, count, duration, milliseconds, perSecond, rate, UNKNOWN } from '../../format.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Stat, Stats } from '../../parts/stat.tsx';
import { TimeChart } from '../../parts/time-chart.tsx';
import { history } from '../../state/overview.ts';
import { BrokerSettings } from './broker-settings.tsx';

/** The broker: what goes through it, how long that takes, and what it is made of. */
export function BrokerPage({ broker }: { readonly broker: BrokerView }): JSX.Element {
  return (
    <section class="page broker">
      <PageHead title={`Broker ${broker.id}`} note={`up for ${duration(broker.uptime_ms)}`} />
      <Figures broker={broker} />
      <Charts />
      <Facts broker={broker} />
      <BrokerSettings />
    </section>
  );
}

/** Since the page was opened. */
function Charts(): JSX.Element {
  return (
    <div class="charts">
      <Chart title="Messages in">
        <TimeChart
          label="Messages a second"
          times={history.messagesIn.times}
          curves={[{ label: 'messages/s', values: history.messagesIn.values }]}
          format={rate}
        />
      </Chart>
      <Chart title="Throughput">
        <TimeChart
          label="Bytes a second"
          times={history.bytesIn.times}
          curves={[
            { label: 'in/s', values: history.bytesIn.values },
            { label: 'out/s', values: history.bytesOut.values },
          ]}
          format={bytes}
          binary
        />
      </Chart>
      <Chart title="Latency, 99th percentile">
        <TimeChart
          label="Latency"
          times={history.producing.times}
          curves={[
            { label: 'produce', values: history.producing.values },
            { label: 'fetch', values: history.fetching.values },
          ]}
          format={milliseconds}
        />
      </Chart>
      <Chart title="Connections">
        <TimeChart
          label="Connections"
          times={history.connections.times}
          curves={[{ label: 'open', values: history.connections.values }]}
          format={count}
        />
      </Chart>
    </div>
  );
}

function Chart({
  title,
  children,
}: {
  readonly title: string;
  readonly children: JSX.Element;
}): JSX.Element {
  return (
    <section class="sheet pad">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Figures({ broker }: { readonly broker: BrokerView }): JSX.Element {
  const { latency, memory, totals } = broker;
  return (
    <Stats wide>
      <Stat label="Messages in" value={perSecond(rate(history.messagesIn.last))} />
      <Stat label="Requests" value={perSecond(rate(history.requests.last))} />
      <Stat label="Produce p50 / p99" value={both(latency.produce)} />
      <Stat label="Fetch p50 / p99" value={both(latency.fetch)} hint="with the wait for records" />
      <Stat label="Connections" value={count(broker.connections)} />
      <Stat label="Event loop p99" value={milliseconds(broker.event_loop_delay.p99_ms)} />
      <Stat label="Memory" value={bytes(memory.rss)} hint={`heap ${bytes(memory.heap_used)}`} />
      <Stat label="Messages since start" value={count(totals.messages_in)} />
    </Stats>
  );
}

function both(quantiles: Quantiles | null): string {
  if (quantiles === null) return UNKNOWN;
  const { p50_ms: half, p99_ms: most } = quantiles;
  // The unit is said once where it is the same.
  const first =
    half < 1000 === most < 1000 ? milliseconds(half).replace(/ m?s$/, '') : milliseconds(half);
  return `${first} / ${milliseconds(most)}`;
}

function Facts({ broker }: { readonly broker: BrokerView }): JSX.Element {
  const facts: readonly (readonly [string, string])[] = [
    ['Storage engine', broker.storage],
    ['Data directory', broker.data_dir ?? UNKNOWN],
    ['Version', broker.version],
    ['Cluster id', broker.cluster_id],
    ...broker.listeners.map(({ name, address }) => [name, address] as const),
  ];
  return (
    <section class="sheet pad">
      <h2>About</h2>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="mono">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
