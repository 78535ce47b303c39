import type { JSX } from 'preact';
import type { Field, LogRecord } from '../../api/types.ts';
import { bytes, timestamp } from '../../format.ts';
import { memo } from '../../parts/memo.ts';
import { previewOf } from './field-text.ts';

export interface RecordLineProps {
  readonly record: LogRecord;
  readonly isOpen: boolean;
  readonly withPartition: boolean;
  readonly onOpen: (record: LogRecord) => void;
}

/** One record of a list: press it to see all of it. */
export const RecordLine = memo(function RecordLine({
  record,
  isOpen,
  withPartition,
  onOpen,
}: RecordLineProps): JSX.Element {
  const { partition, offset, key, value } = record;
  const place = withPartition ? `${partition}/${offset}` : String(offset);
  return (
    <div role="cell">
      <button
        type="button"
        class="line record-line"
        aria-pressed={isOpen}
        onClick={() => onOpen(record)}
      >
        <span class="offset">{place}</span>
        <span class="time">{timestamp(record.timestamp)}</span>
        <Preview field={key} name="key" />
        <Preview field={value} name="value" />
        <span class="size wide-only">{bytes(value.size)}</span>
      </button>
    </div>
  );
});

function Preview({ field, name }: { readonly field: Field; readonly name: string }): JSX.Element {
  return <span class={`${name} of-${field.type}`}>{previewOf(field)}</span>;
}
