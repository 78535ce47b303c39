import { EventEmitter } from 'node:events';
import kafkajs from 'kafkajs';
import type { JoinGroup } from './group-suite.ts';

const QUICK = { initialRetryTime: 30, maxRetryTime: 200, retries: 20 };

/** A member of a group by the classic protocol, in this process. */
export const joinByKafkajs: JoinGroup = async (bootstrap, groupId, topic) => {
  const { Kafka, logLevel } = kafkajs;
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: QUICK });
  const news = new EventEmitter();
  const values: string[] = [];
  const consumer = kafka.consumer({
    ...{ groupId, heartbeatInterval: 100, sessionTimeout: 6000, rebalanceTimeout: 10_000 },
    maxWaitTimeInMs: 100,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      values.push(String(message.value));
      news.emit('news');
    },
  });
  return {
    values,
    onNews: listener => void news.on('news', listener),
    leave: () => consumer.disconnect(),
  };
};
