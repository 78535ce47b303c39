import { HttpError } from '../http-errors.ts';

/** The codes of Confluent's REST API v2, which are not those of v3. */
export const noTopic = (name: string): HttpError =>
  new HttpError(40401, `there is no topic ${name}`);

export const noPartition = (topic: string, partition: number): HttpError =>
  new HttpError(40402, `the topic ${topic} has no partition ${partition}`);

export const noInstance = (name: string): HttpError =>
  new HttpError(40403, `there is no consumer instance ${name}`);

export const unprocessable = (message: string): HttpError => new HttpError(42201, message);
