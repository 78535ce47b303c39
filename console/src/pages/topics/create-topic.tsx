import type { JSX } from 'preact';
import { restTopicsPath } from '../../api/paths.ts';
import { sendJson } from '../../api/request.ts';
import { FormFoot } from '../../parts/form-foot.tsx';
import { Modal } from '../../parts/modal.tsx';
import { FormError } from '../../parts/states.tsx';
import { useSubmit } from '../../parts/submit.ts';
import { notify } from '../../state/notices.ts';
import { clusterId, refreshOverview } from '../../state/overview.ts';
import { goTo, hrefOf } from '../../state/route.ts';
import { newTopicRequest } from './new-topic.ts';
import { TopicFields, useTopicDraft } from './topic-fields.tsx';

/** The dialog that makes a topic and goes to it. */
export function CreateTopic({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const draft = useTopicDraft();
  const { submit, isBusy, error } = useSubmit(async () => {
    const name = draft.name.value.trim();
    const request = newTopicRequest({
      name,
      partitions: Number(draft.partitions.value),
      policy: draft.policy.value,
      settings: draft.settings.value,
    });
    await sendJson('POST', restTopicsPath(clusterId.value), request);
    notify(`Created ${name}.`);
    refreshOverview();
    onClose();
    goTo(hrefOf('topics', name));
  });
  return (
    <Modal title="Create a topic" onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <TopicFields draft={draft} />
        <FormError message={error} />
        <FormFoot action="Create" disabled={isBusy} onBack={onClose} />
      </form>
    </Modal>
  );
}
