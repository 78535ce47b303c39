import type { Logger } from '../../../../ports/logger.ts';
import { answerTo } from '../http-errors.ts';
import { recordJson, type Format } from '../record-json.ts';
import { EventIds } from './event-id.ts';
import type { LiveEvent, LiveTail } from './live-tail.ts';

/** What a reader is told, ready to be sent, as it is asked for; what goes wrong on the way is the last of it. */
export async function* liveEvents(
  tail: LiveTail,
  format: Format,
  logger: Logger,
): AsyncGenerator<LiveEvent, void, undefined> {
  try {
    let ids = new EventIds(new Map());
    for await (const item of tail.items()) {
      if (item.kind === 'record') {
        const { partition, record } = item;
        const data = JSON.stringify(recordJson(partition, record, format));
        yield { name: null, id: ids.of(partition, record.offset), data };
        continue;
      }
      if (item.kind === 'started') ids = new EventIds(item.positions);
      const data = JSON.stringify({ positions: Object.fromEntries(item.positions) });
      yield { name: item.kind, id: ids.at(item.positions), data };
    }
  } catch (error) {
    if (tail.signal.aborted) return;
    yield { name: 'failure', id: '', data: JSON.stringify(failureOf(error, logger)) };
  }
}

function failureOf(error: unknown, logger: Logger): { error_code: number; message: string } {
  const answer = answerTo(error);
  if (answer !== null) return { error_code: answer.errorCode, message: answer.message };
  const stack = error instanceof Error ? error.stack : String(error);
  logger.error({ error: stack }, 'a live reader failed');
  return { error_code: 500, message: 'the broker failed' };
}
