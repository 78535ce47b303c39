import { isDeeperThan, losesDigits } from '../../../domain/model/json-text.ts';

/** Deeper than any record, and not as deep as what printers of JSON can follow. */
export const DEPTH_MAX = 1000;

/** Why a JSON text would not be the same if it were read and printed again, as the end of a sentence; null when it would be. */
export function whyChanged(text: string): string | null {
  if (isDeeperThan(DEPTH_MAX, text)) return 'is nested too deeply';
  if (losesDigits(text)) return 'has a number with more digits than a double keeps';
  return null;
}
