import type { JSX } from 'preact';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { hexOf } from './field-text.ts';

/** So many fit beside a list, and on a phone. */
const PER_LINE = 8;
const LINE_HEIGHT = 20;

/** Bytes as `hexdump -C` shows them. */
export function HexView({ bytes }: { readonly bytes: Uint8Array }): JSX.Element {
  if (bytes.length === 0) return <p class="note">empty</p>;
  const lines = Math.ceil(bytes.length / PER_LINE);
  return (
    <div class="hex" style={{ height: `${Math.min(lines, 20) * LINE_HEIGHT + 18}px` }}>
      <VirtualList
        label="Bytes"
        count={lines}
        rowHeight={LINE_HEIGHT}
        keyOf={line => line}
        row={line => <Line at={line * PER_LINE} bytes={bytes} />}
      />
    </div>
  );
}

function Line({ at, bytes }: { readonly at: number; readonly bytes: Uint8Array }): JSX.Element {
  const part = bytes.subarray(at, at + PER_LINE);
  return (
    <div class="hex-line" role="cell">
      <span class="hex-at">{at.toString(16).padStart(6, '0')}</span>
      <span class="hex-bytes">
        {hexOf(part.subarray(0, 4), ' ')}
        {'  '}
        {hexOf(part.subarray(4), ' ')}
      </span>
      <span class="hex-text">{asciiOf(part)}</span>
    </div>
  );
}

function asciiOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => {
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
  }).join('');
}
