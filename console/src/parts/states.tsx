import type { ComponentChildren, JSX } from 'preact';
import { Logo } from './icons.tsx';

/** Something is on its way: grey bars where it will be. */
export function Loading({ label = 'Loading' }: { readonly label?: string }): JSX.Element {
  return (
    <div class="loading" role="status" aria-label={label}>
      <span class="bone wide" />
      <span class="bone" />
      <span class="bone short" />
    </div>
  );
}

/** There is nothing, and why that is fine; the children say what to do. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty">
      <Logo />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** It did not work. */
export function Failure({
  title,
  message,
  onRetry,
}: {
  readonly title: string;
  readonly message: string;
  readonly onRetry?: () => void;
}): JSX.Element {
  return (
    <div class="failure" role="alert">
      <h2>{title}</h2>
      <p>{message}</p>
      {onRetry ? (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      ) : null}
    </div>
  );
}

/** It did not work, and what is below is from before. */
export function FailureLine({
  message,
  onRetry,
}: {
  readonly message: string;
  readonly onRetry: () => void;
}): JSX.Element {
  return (
    <div class="failure-line" role="alert">
      <p>{message}</p>
      <button type="button" class="small" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

/** What was wrong with a form. */
export function FormError({ message }: { readonly message: string | null }): JSX.Element | null {
  return message === null ? null : (
    <p class="form-error" role="alert">
      {message}
    </p>
  );
}
