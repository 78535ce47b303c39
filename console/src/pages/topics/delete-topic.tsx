import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { restTopicPath } from '../../api/paths.ts';
import { sendJson } from '../../api/request.ts';
import { Input, Labelled } from '../../parts/fields.tsx';
import { FormFoot } from '../../parts/form-foot.tsx';
import { Modal } from '../../parts/modal.tsx';
import { FormError } from '../../parts/states.tsx';
import { useSubmit } from '../../parts/submit.ts';
import { notify } from '../../state/notices.ts';
import { clusterId, refreshOverview } from '../../state/overview.ts';
import { goTo, hrefOf } from '../../state/route.ts';

/** Asks for the topic's name before it deletes it: there is no way back. */
export function DeleteTopic({
  name,
  onClose,
}: {
  readonly name: string;
  readonly onClose: () => void;
}): JSX.Element {
  const typed = useSignal('');
  const { submit, isBusy, error } = useSubmit(async () => {
    await sendJson('DELETE', restTopicPath(clusterId.value, name));
    notify(`Deleted ${name}.`);
    refreshOverview();
    onClose();
    goTo(hrefOf('topics'));
  });
  return (
    <Modal title="Delete this topic?" onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <p>
          All records of <strong class="mono">{name}</strong> will be gone, for every reader. This
          cannot be undone.
        </p>
        <Labelled label="Type its name to go on">
          <Input name="confirm" autofocus text={typed} />
        </Labelled>
        <FormError message={error} />
        <FormFoot
          action="Delete"
          back="Keep it"
          isDanger
          disabled={isBusy || typed.value !== name}
          onBack={onClose}
        />
      </form>
    </Modal>
  );
}
