import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { sendJson } from '../../api/request.ts';
import type { ConfigRow } from '../../api/types.ts';
import { Input, Labelled } from '../../parts/fields.tsx';
import { FormFoot } from '../../parts/form-foot.tsx';
import { Modal } from '../../parts/modal.tsx';
import { FormError } from '../../parts/states.tsx';
import { useSubmit } from '../../parts/submit.ts';
import { notify } from '../../state/notices.ts';

export interface EditConfigProps {
  /** That of the topic's settings. */
  readonly path: string;
  readonly config: ConfigRow;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Gives a setting another value, or takes the topic's own away so that the broker's holds. */
export function EditConfig({ path, config, onClose, onDone }: EditConfigProps): JSX.Element {
  const { name, is_default: isDefault } = config;
  const value = useSignal(config.value ?? '');
  const alter = async (change: object, said: string): Promise<void> => {
    await sendJson('POST', `${path}:alter`, { data: [{ name, ...change }] });
    notify(said);
    onDone();
    onClose();
  };
  const set = useSubmit(() => alter({ value: value.value }, `${name} is ${value.value} now.`));
  const reset = useSubmit(() => alter({ operation: 'DELETE' }, `${name} is the broker's again.`));
  const isBusy = set.isBusy || reset.isBusy;
  return (
    <Modal title="Edit a setting" onClose={onClose}>
      <form class="form" onSubmit={set.submit}>
        <Labelled label={name}>
          <Input name="value" autofocus text={value} />
        </Labelled>
        <FormError message={set.error ?? reset.error} />
        <FormFoot action="Save" disabled={isBusy} onBack={onClose}>
          {isDefault ? null : (
            <button type="button" class="ghost start" disabled={isBusy} onClick={reset.submit}>
              Use the default
            </button>
          )}
        </FormFoot>
      </form>
    </Modal>
  );
}
