import type { JSX } from 'preact';
import type { LogRecord } from '../../api/types.ts';
import { bytes, timestamp } from '../../format.ts';
import { previewOf } from './field-text.ts';
import { FieldView } from './field-view.tsx';

/** All of one record. */
export function RecordDetail({
  topic,
  record,
}: {
  readonly topic: string;
  readonly record: LogRecord;
}): JSX.Element {
  const { key, value, headers } = record;
  return (
    <div class="detail-body">
      <dl class="facts">
        <dt>Time</dt>
        <dd>{timestamp(record.timestamp)}</dd>
        <dt>Size</dt>
        <dd>
          key {bytes(key.size)}, value {bytes(value.size)}
        </dd>
      </dl>
      <FieldView topic={topic} record={record} name="key" field={key} />
      <FieldView topic={topic} record={record} name="value" field={value} />
      <h3>Headers</h3>
      {headers.length === 0 ? (
        <p class="note">none</p>
      ) : (
        <dl class="facts headers">
          {headers.map((header, at) => (
            <div key={at}>
              <dt class="mono">{header.name}</dt>
              <dd class="mono">{previewOf(header)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
