import { createRequire } from 'node:module';

interface Consumer {
  connect(options: object, done: (error: Error | null) => void): void;
  setDefaultConsumeTimeout(ms: number): void;
  subscribe(topics: readonly string[]): void;
  unsubscribe(): void;
  commitSync(places: null): void;
  consume(count: number, done: (error: Error | null, records?: { value: Buffer }[]) => void): void;
  disconnect(done: () => void): void;
}

/**
 * A member of a group as a process of its own: told its configuration, as JSON, and its topic. Prints the value of each record, a line
 * each; leaves the group, with all that it has printed committed, when its input ends.
 */
const [config = '', topic = ''] = process.argv.slice(2);
const require = createRequire(new URL('../node-rdkafka/package.json', import.meta.url));
const { KafkaConsumer } = require('node-rdkafka') as {
  readonly KafkaConsumer: new (config: object, topicConfig: object) => Consumer;
};
const BITE = 100;

const consumer = new KafkaConsumer(JSON.parse(config) as object, {
  'auto.offset.reset': 'earliest',
});
consumer.setDefaultConsumeTimeout(20);
let isOver = false;
process.stdin.on('end', () => (isOver = true)).resume();
consumer.connect({ timeout: 15_000 }, error => {
  if (error) throw error;
  consumer.subscribe([topic]);
  bite();
});

function bite(): void {
  if (isOver) return leave();
  consumer.consume(BITE, (error, records = []) => {
    if (error) process.stderr.write(`${error.message}\n`);
    for (const { value } of records) process.stdout.write(`${value.toString()}\n`);
    bite();
  });
}

/** Disconnecting alone does not leave a group whose protocol is cooperative, and this not always: its session ends then. */
function leave(): void {
  try {
    consumer.commitSync(null);
  } catch {
    // It had nothing to commit.
  }
  consumer.unsubscribe();
  consumer.disconnect(() => process.exit(0));
}
