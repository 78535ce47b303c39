import type { ComponentChildren, JSX } from 'preact';

/** How a dialog's form ends: a way out, and the deed. */
export function FormFoot({
  action,
  back = 'Cancel',
  isDanger = false,
  disabled,
  onBack,
  children,
}: {
  readonly action: string;
  readonly back?: string;
  readonly isDanger?: boolean;
  readonly disabled: boolean;
  readonly onBack: () => void;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <footer class="form-foot">
      {children}
      <button type="button" class="ghost" onClick={onBack}>
        {back}
      </button>
      <button type="submit" class={isDanger ? 'danger' : 'primary'} disabled={disabled}>
        {action}
      </button>
    </footer>
  );
}
