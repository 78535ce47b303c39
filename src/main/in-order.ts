/** A step of stopping, with its name for people. */
export interface Step {
  readonly what: string;
  readonly run: () => void | Promise<void>;
}

/**
 * Takes one step after the other, each whatever became of those before it. Rejects in the end with the first failure; `failed` is
 * told of every one.
 */
export async function inOrder(
  steps: readonly Step[],
  failed: (what: string, error: unknown) => void,
): Promise<void> {
  const errors: unknown[] = [];
  for (const { what, run } of steps) {
    try {
      await run();
    } catch (error) {
      failed(what, error);
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
