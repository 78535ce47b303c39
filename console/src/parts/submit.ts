import { useState } from 'preact/hooks';
import { messageOf } from '../api/request.ts';

export interface Submit {
  readonly submit: (event?: Event) => void;
  readonly isBusy: boolean;
  /** Why it did not work. */
  readonly error: string | null;
}

/** Carries out what a form is for: once at a time, and it tells why it could not. */
export function useSubmit(action: () => Promise<void>): Submit {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await action();
    } catch (failure) {
      setError(messageOf(failure));
    }
    setBusy(false);
  };
  const submit = (event?: Event): void => {
    event?.preventDefault();
    if (!isBusy) void run();
  };
  return { submit, isBusy, error };
}
