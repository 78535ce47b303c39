/** What chooses the address of a door, for who reads that it is taken. */
export interface DoorError {
  readonly portFlag: string;
}

/** Starts to listen; a failure tells which flag chooses another port. */
export async function openDoor<T>(portFlag: string, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    throw Object.assign(error as Error, { portFlag } satisfies Partial<DoorError>);
  }
}
