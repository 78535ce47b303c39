/**
 * Timers by kind: `session` ends a member's membership, `join` the gathering of members, `sync` the wait for their syncs. A key is
 * text, for the runtime; ids may have any characters in them, so their lengths stand before them.
 */
export type ClassicTimer =
  | { readonly kind: 'session'; readonly groupId: string; readonly memberId: string }
  | { readonly kind: 'join' | 'sync'; readonly groupId: string };

export const sessionTimer = (groupId: string, memberId: string): string =>
  `session ${groupId.length} ${groupId}${memberId}`;
export const joinTimer = (groupId: string): string => `join ${groupId.length} ${groupId}`;
export const syncTimer = (groupId: string): string => `sync ${groupId.length} ${groupId}`;

/** Which timer a key stands for; null for one that is not of a classic group. */
export function classicTimer(key: string): ClassicTimer | null {
  const [kind, length] = key.split(' ', 2);
  if (kind !== 'session' && kind !== 'join' && kind !== 'sync') return null;
  const start = kind.length + length!.length + 2;
  const end = start + Number(length);
  const groupId = key.slice(start, end);
  return kind === 'session' ? { kind, groupId, memberId: key.slice(end) } : { kind, groupId };
}
