import type { Readable } from 'node:stream';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { HttpApp } from '../typed-app.ts';
import { answerTo, HttpError } from '../http-errors.ts';
import type { HttpParts } from '../http-parts.ts';
import { JsonSequence } from '../json-sequence.ts';
import { ENDLESS_BODY } from '../slow-bodies.ts';
import { AnswerStream } from './answer-stream.ts';
import { expectCluster } from './cluster-routes.ts';
import { failureOf, producedBody, readRecord, recordBody, shownRecord } from './record-body.ts';
import { topicPath } from './topic-routes.ts';

type ReadRecord = ReturnType<typeof readRecord>;
type Answer = (z.output<typeof producedBody> & { readonly error_code: 200 }) | HttpError;

const produced = producedBody.extend({ error_code: z.literal(200) });
const failed = z.object({ error_code: z.number(), message: z.string() });
const batch = z.object({
  entries: z
    .array(recordBody.extend({ id: z.string() }))
    .min(1)
    .max(1000),
});
const batchResult = z.object({
  successes: z.array(producedBody.extend({ id: z.string() })),
  failures: z.array(failed.extend({ id: z.string() })),
});

const TAGS = ['Records (v3)'];
const ROOT = '/v3/clusters/:clusterId/topics/:topic/records';

/**
 * `/v3/clusters/{id}/topics/{topic}/records`: a stream of JSON objects, each answered as it is written, for as long as the client
 * sends; and `records:batch`. A topic that is not there is made, as any producer does, if `auto.create.topics.enable` says so.
 */
export async function recordRoutes(app: HttpApp, parts: HttpParts): Promise<void> {
  batchRoute(app, parts);
  await app.register(async scope => streamRoute(scope as HttpApp, parts));
}

function streamRoute(app: HttpApp, parts: HttpParts): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', (_, body, done) => done(null, body));
  const response = { 200: z.union([produced, failed]) };
  app.post(
    ROOT,
    {
      schema: {
        tags: TAGS,
        params: topicPath,
        body: recordBody,
        response,
        description: 'Takes one JSON object for each record, one after another (a record in v3).',
      },
      validatorCompiler: exceptBody,
      // A stream has no length to hold it to; each of its records has.
      bodyLimit: ENDLESS_BODY,
    },
    async (request, reply) => {
      const { clusterId, topic } = request.params;
      expectCluster(parts, clusterId);
      const answers = new AnswerStream(reply);
      const { maxBodyBytes, logger } = parts;
      await answerAll(
        request.body as unknown as Readable | undefined,
        { answers, maxBodyBytes, logger },
        read => produce(read, parts, topic),
      );
      return reply;
    },
  );
}

type RouteSchema = Parameters<typeof validatorCompiler>[0];

/** The schema of the body is for the document: each record is looked at when it has come. */
function exceptBody(route: { readonly schema: unknown; readonly httpPart?: string }) {
  if (route.httpPart === 'body') return (value: unknown) => ({ value });
  return validatorCompiler(route as RouteSchema);
}

type Produced = (read: readonly ReadRecord[]) => Promise<readonly Answer[]>;

interface StreamParts extends Pick<HttpParts, 'maxBodyBytes' | 'logger'> {
  readonly answers: AnswerStream;
}

/** What comes in one piece is produced at once, and answered before more is read. */
async function answerAll(
  body: Readable | undefined,
  { answers, maxBodyBytes, logger }: StreamParts,
  produced: Produced,
): Promise<void> {
  const sequence = new JsonSequence(maxBodyBytes);
  try {
    for await (const chunk of piecesOf(body)) {
      const { read, fault } = readPiece(sequence, chunk as Buffer);
      for (const answer of await produced(read)) answers.add(answer);
      if (fault !== null) throw fault;
      await answers.drained();
    }
    sequence.end();
    if (answers.count === 0) throw new HttpError(42206, 'there is no record in the body');
  } catch (error) {
    if (answers.isUnheard) return;
    const answer = answerTo(error);
    if (answer === null) logger.error({ error: String(error) }, 'a stream of records failed');
    answers.add(answer ?? new HttpError(500, 'the broker failed at this request'));
  }
  answers.end();
  // What nobody wants any more is thrown away.
  body?.resume();
}

/** Left before its end, the stream is still there: its client may have to send it all before it looks at the answer. */
function piecesOf(body: Readable | undefined): AsyncIterable<unknown> | [] {
  return body?.iterator({ destroyOnReturn: false }) ?? [];
}

/** The records of a piece, up to a fault in it. */
function readPiece(
  sequence: JsonSequence,
  chunk: Buffer,
): { read: ReadRecord[]; fault: HttpError | null } {
  const read: ReadRecord[] = [];
  try {
    for (const body of sequence.objectsIn(chunk)) {
      read.push(body instanceof HttpError ? body : readRecord(body));
    }
    return { read, fault: null };
  } catch (error) {
    if (error instanceof HttpError) return { read, fault: error };
    throw error;
  }
}

async function produce(
  read: readonly ReadRecord[],
  parts: HttpParts,
  topic: string,
): Promise<Answer[]> {
  const records = read.flatMap(one => (one instanceof HttpError ? [] : [one.record]));
  if (records.length === 0) return read as HttpError[];
  const outcomes = await parts.useCases.produceRecords.execute({ topic, records });
  let next = 0;
  return read.map(one => {
    if (one instanceof HttpError) return one;
    const outcome = outcomes[next++]!;
    if (outcome.error !== null) return failureOf(outcome);
    const place = { clusterId: parts.clusterId, topic };
    return { error_code: 200 as const, ...shownRecord(one, outcome, place) };
  });
}

function withoutId({ id, ...body }: z.output<typeof batch>['entries'][number]): ReadRecord {
  void id;
  return readRecord(body);
}

function batchRoute(app: HttpApp, parts: HttpParts): void {
  app.post(
    `${ROOT}::batch`,
    { schema: { tags: TAGS, params: topicPath, body: batch, response: { 207: batchResult } } },
    async (request, reply) => {
      const { clusterId, topic } = request.params;
      expectCluster(parts, clusterId);
      const { entries } = request.body;
      const read = entries.map(withoutId);
      const answers = await produce(read, parts, topic);
      const successes: z.output<typeof batchResult>['successes'] = [];
      const failures: z.output<typeof batchResult>['failures'] = [];
      answers.forEach((answer, at) => {
        const { id } = entries[at]!;
        if (!(answer instanceof HttpError)) successes.push({ id, ...answer });
        else failures.push({ id, error_code: answer.errorCode, message: answer.message });
      });
      return reply.code(207).send({ successes, failures });
    },
  );
}
