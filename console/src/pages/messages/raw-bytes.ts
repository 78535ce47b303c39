import { useEffect, useState } from 'preact/hooks';
import { recordsPath } from '../../api/paths.ts';
import { getJson, messageOf } from '../../api/request.ts';
import type { Field, LogRecord, RecordsPage } from '../../api/types.ts';
import { bytesOf } from './field-text.ts';

export interface RawBytes {
  readonly bytes: Uint8Array | null;
  readonly error: string | null;
}

/** Reads a record once more, undecoded. */
export function useRawBytes({
  topic,
  record: { partition, offset },
  name,
}: {
  readonly topic: string;
  readonly record: LogRecord;
  readonly name: 'key' | 'value';
}): RawBytes {
  const [raw, setRaw] = useState<RawBytes>({ bytes: null, error: null });
  useEffect(() => {
    const gone = new AbortController();
    const path = recordsPath(topic, { partition, from: offset, limit: 1, format: 'binary' });
    getJson<RecordsPage>(path, gone.signal).then(
      ({ records: [found] }) => {
        if (found?.offset !== offset) setRaw({ bytes: null, error: 'It is gone from the log.' });
        else setRaw({ bytes: bytesOf(base64In(found[name])), error: null });
      },
      (error: unknown) => {
        if (!gone.signal.aborted) setRaw({ bytes: null, error: messageOf(error) });
      },
    );
    return () => gone.abort();
  }, [topic, partition, offset, name]);
  return raw;
}

function base64In({ data }: Field): string {
  return typeof data === 'string' ? data : '';
}
