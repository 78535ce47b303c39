export { startBroker, type Broker, type StartOptions } from './start-broker.ts';
