import { Counter, Gauge, type Registry } from 'prom-client';
import type { ConnectionCounts } from '../../ports/metrics.ts';
import type { TopicPage } from './topic-families.ts';

/** Who is connected, by what they speak. */
export interface Connections {
  readonly kafka: ConnectionCounts;
  /** How many now. */
  readonly http: () => number;
}

/** What one broker has one of; set before a page is made. */
export class BrokerGauges {
  readonly #partitions: readonly Gauge[];
  readonly #offline: Gauge;
  readonly #dropped: Gauge;

  constructor(registry: Registry, connections: Connections) {
    const registers = [registry];
    const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
    // One broker leads all there is and is its own controller: these are what the first row of most Kafka dashboards shows.
    gauge('kafka_brokers', 'Brokers in the cluster.').set(1);
    gauge('kafka_controller_kafkacontroller_activecontrollercount', 'Controllers here.').set(1);
    gauge('kafka_server_replicamanager_underreplicatedpartitions', 'There are no replicas.').set(0);
    this.#partitions = [
      gauge('kafka_server_replicamanager_partitioncount', 'Partitions of this broker.'),
      gauge('kafka_server_replicamanager_leadercount', 'Those that it leads.'),
    ];
    this.#offline = gauge(
      'kafka_controller_kafkacontroller_offlinepartitionscount',
      'Partitions that take no more records.',
    );
    this.#dropped = gauge(
      'hexlog_metrics_dropped_series',
      'Series of partitions that this page has no room for (metrics.max.series); sums by topic and group are always told.',
    );
    addConnections(registers, connections);
  }

  set({ partitions, offlinePartitions }: TopicPage, dropped: number): void {
    for (const gauge of this.#partitions) gauge.set(partitions);
    this.#offline.set(offlinePartitions);
    this.#dropped.set(dropped);
  }
}

/**
 * MBean kafka.server:type=socket-server-metrics,listener=...,networkProcessor=...: Confluent's rules for jmx_exporter
 * (confluentinc/jmx-monitoring-stacks, kafka_broker.yml) make the first name of it, Strimzi's the second.
 */
function addConnections(registers: Registry[], { kafka, http }: Connections): void {
  for (const type of ['socketservermetrics', 'socket_server_metrics']) {
    new Gauge({
      name: `kafka_server_${type}_connection_count`,
      help: 'Clients that are connected.',
      registers,
      labelNames: ['listener'],
      collect() {
        this.set({ listener: 'PLAINTEXT' }, kafka.open);
        this.set({ listener: 'HTTP' }, http());
      },
    });
  }
  new Counter({
    name: 'hexlog_connections_total',
    help: 'Kafka clients that ever connected.',
    registers,
    collect() {
      this.reset();
      this.inc(kafka.opened);
    },
  });
}
