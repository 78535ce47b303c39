import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import type { LogRecord } from '../../api/types.ts';
import { Modal } from '../../parts/modal.tsx';
import { VirtualList, type VirtualListProps } from '../../parts/virtual-list.tsx';
import { narrow } from '../../state/narrow.ts';
import { RecordDetail } from './record-detail.tsx';
import { RecordLine } from './record-line.tsx';

export interface RecordListProps extends Pick<VirtualListProps, 'atEnd' | 'onSeen' | 'shift'> {
  readonly topic: string;
  readonly label: string;
  readonly rows: readonly LogRecord[];
  readonly withPartition: boolean;
}

/** Records, and beside them (on a phone: over them) the one that is open. */
export function RecordList({ topic, rows, withPartition, ...list }: RecordListProps): JSX.Element {
  const open = useSignal<LogRecord | null>(null);
  const toggle = useCallback((record: LogRecord) => {
    open.value = isSame(open.value, record) ? null : record;
  }, []);
  const close = (): void => {
    open.value = null;
  };
  const shown = open.value;
  const detail = shown && <RecordDetail key={keyOf(shown)} topic={topic} record={shown} />;
  return (
    <div class={shown && !narrow.value ? 'records with-detail' : 'records'}>
      <div class="sheet record-sheet" onKeyDown={moveBetweenLines}>
        <VirtualList
          {...list}
          count={rows.length}
          rowHeight={narrow.value ? 64 : 34}
          keyOf={index => keyOf(rows[index]!)}
          row={index => (
            <RecordLine
              record={rows[index]!}
              isOpen={isSame(shown, rows[index]!)}
              withPartition={withPartition}
              onOpen={toggle}
            />
          )}
        />
      </div>
      {shown && narrow.value ? (
        <Modal title={titleOf(shown)} onClose={close} class="tall">
          {detail}
        </Modal>
      ) : null}
      {shown && !narrow.value ? (
        <aside class="sheet detail" aria-label={titleOf(shown)}>
          <header class="detail-head">
            <h2>{titleOf(shown)}</h2>
            <button type="button" class="ghost small" onClick={close}>
              Close
            </button>
          </header>
          {detail}
        </aside>
      ) : null}
    </div>
  );
}

function titleOf({ partition, offset }: LogRecord): string {
  return `Partition ${partition}, offset ${offset}`;
}

function keyOf({ partition, offset }: LogRecord): string {
  return `${partition}-${offset}`;
}

function isSame(one: LogRecord | null, other: LogRecord): boolean {
  return one?.offset === other.offset && one.partition === other.partition;
}

const STEPS: Readonly<Record<string, 'nextElementSibling' | 'previousElementSibling'>> = {
  ArrowDown: 'nextElementSibling',
  ArrowUp: 'previousElementSibling',
};

/** The arrows go from line to line, without a stop at the scrolling. */
function moveBetweenLines(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  if (!step || !(event.target instanceof HTMLElement)) return;
  const line = event.target.closest('.vrow')?.[step]?.querySelector('button');
  if (!line) return;
  event.preventDefault();
  line.focus();
}
