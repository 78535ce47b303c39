/** What tells curves apart, in their order; the first is the accent. */
export const CURVES = [
  '--accent',
  '--curve-2',
  '--curve-3',
  '--curve-4',
  '--curve-5',
  '--curve-6',
] as const;

/** A colour of the styles as it is now, for what is drawn on a canvas. */
export function colorOf(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
