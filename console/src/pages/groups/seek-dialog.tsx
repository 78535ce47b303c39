import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { groupPath } from '../../api/paths.ts';
import { sendJson } from '../../api/request.ts';
import type { GroupView, OffsetMove } from '../../api/types.ts';
import { FormFoot } from '../../parts/form-foot.tsx';
import { Modal } from '../../parts/modal.tsx';
import { FormError } from '../../parts/states.tsx';
import { useSubmit } from '../../parts/submit.ts';
import { notify } from '../../state/notices.ts';
import { overview } from '../../state/overview.ts';
import { MoveTable } from './move-table.tsx';
import { SeekFields, seekRequest, useSeekDraft } from './seek-fields.tsx';

export interface SeekDialogProps {
  readonly group: GroupView;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Moves a group: first what would happen, then, once somebody has seen that, it happens. */
export function SeekDialog({ group, onClose, onDone }: SeekDialogProps): JSX.Element {
  const topics = topicsOf(group);
  const draft = useSeekDraft(topics[0] ?? '');
  const planned = useSignal<readonly OffsetMove[] | null>(null);
  const ask = async (dryRun: boolean): Promise<readonly OffsetMove[]> => {
    const path = `${groupPath(group.id)}/offsets`;
    const answer = await sendJson<Answer>('POST', path, seekRequest(draft, dryRun));
    return answer!.moves;
  };
  const plan = useSubmit(async () => {
    planned.value = await ask(true);
  });
  const move = useSubmit(async () => {
    await ask(false);
    notify(`Moved ${group.id}.`);
    onDone();
    onClose();
  });
  const moves = planned.value;
  const isPlanned = moves !== null;
  return (
    <Modal title="Move offsets" onClose={onClose}>
      <form class="form" onSubmit={isPlanned ? move.submit : plan.submit}>
        {isPlanned ? <MoveTable moves={moves} /> : <SeekFields topics={topics} draft={draft} />}
        <FormError message={plan.error ?? move.error} />
        <FormFoot
          action={isPlanned ? 'Move them' : 'Show what would move'}
          back={isPlanned ? 'Back' : 'Cancel'}
          isDanger={isPlanned}
          disabled={plan.isBusy || move.isBusy}
          onBack={isPlanned ? () => (planned.value = null) : onClose}
        />
      </form>
    </Modal>
  );
}

interface Answer {
  readonly moves: readonly OffsetMove[];
}

/** Those that the group knows first, then all others. */
function topicsOf({ partitions }: GroupView): readonly string[] {
  const own = partitions.map(({ topic }) => topic);
  const others = (overview.value?.topics ?? [])
    .filter(({ internal }) => !internal)
    .map(({ name }) => name);
  return [...new Set([...own, ...others])];
}
